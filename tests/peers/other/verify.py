"""PyJWT: verifies the token of standard input on 1, 2, 4 and 8 threads, and prints the median of rounds."""

import json
import sys
import threading
import time

import jwt

ROUNDS = 31
TOKENS = 100
LEVELS = ("idporten-loa-substantial", "idporten-loa-high")

given = json.load(sys.stdin)
keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(given["jwks"]).keys}


def verify():
    key = keys[jwt.get_unverified_header(given["token"])["kid"]]
    claims = jwt.decode(
        given["token"],
        key,
        algorithms=["RS256"],
        audience=given["audience"],
        issuer=given["issuer"],
        leeway=60,
        options={"require": ["exp", "iss", "aud", "sub", "iat"]},
    )
    if claims["nonce"] != given["nonce"] or claims["acr"] not in LEVELS:
        raise ValueError("refused")


def several(barrier):
    barrier.wait()
    for _ in range(TOKENS):
        verify()
    barrier.wait()


def time_of(threads):
    barrier = threading.Barrier(threads + 1)
    running = [threading.Thread(target=several, args=(barrier,)) for _ in range(threads)]
    for thread in running:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    barrier.wait()
    return (time.perf_counter() - start) * 1e6 / TOKENS


for threads in (1, 2, 4, 8):
    times = sorted(time_of(threads) for _ in range(ROUNDS))
    print(f"PyJWT {threads} {times[ROUNDS // 2]:.1f}")
