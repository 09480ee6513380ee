vcl 4.1;

# A mirror of the providers' documents: https://HOST/PATH is read from /HOST/PATH here. Varnish speaks no TLS: tls.conf stands
# before it and behind it.
backend providers {
    .host = "127.0.0.1";
    .port = "8082";
}

sub vcl_recv {
    if (req.restarts == 0) {
        if (req.url !~ "^/(test\.)?(idporten|maskinporten|ansattporten)\.no/") {
            return (synth(404));
        }
        set req.http.Host = regsub(req.url, "^/([^/]+)/.*$", "\1");
        set req.url = regsub(req.url, "^/[^/]+", "");
        # While the provider answers, an answer past its lifetime is fetched again, and not served while that happens: a client
        # that asks once a day would get what was fetched for the day before.
        set req.grace = 0s;
    } else {
        set req.grace = 30d;
    }
    return (hash);
}

sub vcl_backend_response {
    # What is held stays, and its grace with it.
    if (beresp.status >= 500) {
        return (abandon);
    }
    if (beresp.status == 200) {
        set beresp.ttl = 1h;
        # For an outage.
        set beresp.grace = 30d;
        # For conditional requests, where the provider sends an ETag.
        set beresp.keep = 30d;
    }
    return (deliver);
}

sub vcl_backend_error {
    return (abandon);
}

sub vcl_synth {
    # The provider did not answer: a second round takes what is held.
    if (resp.status == 503 && req.restarts == 0) {
        return (restart);
    }
}
