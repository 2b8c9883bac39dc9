"""The API's documentation: `/openapi.json`, and Swagger UI from this machine's own files.

All addresses are relative, so that it may lie below any path of a proxy.
"""

import importlib.resources
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from inkdigits.serving import classify, examples

ASSETS = "/docs/assets"


def add_documentation(app: FastAPI, *, asks_for_token: bool) -> None:
    """Add the routes."""
    assets = str(importlib.resources.files("fastapi_swagger") / "resources")
    app.mount(ASSETS, StaticFiles(directory=assets), name="docs-assets")
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="inkdigits: API",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon-32x32.png",
    )
    # The starting script goes into a file of its own, which the policy lets run.
    before, _, after = bytes(page.body).decode().partition("<script>")
    script, _, rest = after.partition("</script>")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        content = f'{before}<script src="docs/start.js"></script>{rest}'
        return Response(content, media_type="text/html")

    @app.get("/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(script, media_type="text/javascript")

    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(
                get_openapi(
                    title=app.title, version=app.version, summary=app.summary, routes=app.routes
                )
            )
            described["servers"] = [{"url": "."}]
            described["paths"][classify.PATH] = {"post": examples.CLASSIFY_OPERATION}
            if asks_for_token:
                schemes = {"token": {"type": "http", "scheme": "bearer"}}
                described.setdefault("components", {})["securitySchemes"] = schemes
                described["security"] = [{"token": []}]
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to add to it
