"""What the page may load and whom it may ask: nothing but its own place.

A module of its own, since the page that is exported to a folder says the same without a server.
"""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def policy_in_page() -> str:
    """The same for a `<meta>` element, where browsers take no word on frames."""
    kept = (part for part in POLICY.split("; ") if not part.startswith("frame-ancestors"))
    return "; ".join(kept)
