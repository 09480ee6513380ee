// usage: node attest.js FILE.. Signs a statement that this workflow run built these files, and stores it with the repository.
// `gh attestation verify` checks it (see "The supply chain" in SECURITY.md). The library is that of GitHub's own action.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { attestProvenance } from "@actions/attest";

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("name the files to attest");
const digest = (file) => ({ sha256: createHash("sha256").update(readFileSync(file)).digest("hex") });
const subjects = files.map((file) => ({ name: basename(file), digest: digest(file) }));
const attestation = await attestProvenance({ subjects, token: process.env.GH_TOKEN });
console.log(`attested ${files.length} files: ${attestation.attestationID}`);
