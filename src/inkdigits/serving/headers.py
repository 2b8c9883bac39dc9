"""Security headers: what browsers may do with the page, the documentation and the API's answers."""

from inkdigits.serving.policy import POLICY

# The API's documentation is drawn by Swagger UI, which sets styles in place.
_DOCS_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
_COMMON = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_PAGE = [
    *_COMMON,
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]
_CSP = b"content-security-policy"

PAGE = [(_CSP, POLICY.encode()), *_PAGE]
DOCS = [(_CSP, _DOCS_POLICY.encode()), *_PAGE]
# Answers are data: nothing in them is ever to be loaded, framed or kept.
API = [
    (_CSP, b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    *_COMMON,
]


def security_headers(path: str) -> list[tuple[bytes, bytes]]:
    """Those for what is at `path`."""
    if path.startswith("/v1/"):
        return API
    return DOCS if path.startswith("/docs") else PAGE
