"""The API's documentation: `/openapi.json`, and Swagger UI from this machine's own files."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from inkdigits.serving import classify, examples


def add_documentation(app: FastAPI, *, asks_for_token: bool) -> None:
    """Add the routes."""
    from swagger_ui_bundle import swagger_ui_path

    app.mount("/docs/assets", StaticFiles(directory=swagger_ui_path), name="docs-assets")
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="inkdigits: API",
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon-32x32.png",
    )
    # The starting script goes into a file of its own, which the policy lets run.
    before, _, after = bytes(page.body).decode().partition("<script>")
    script, _, rest = after.partition("</script>")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        content = f'{before}<script src="/docs/start.js"></script>{rest}'
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
            described["paths"][classify.PATH] = {"post": examples.CLASSIFY_OPERATION}
            if asks_for_token:
                schemes = {"token": {"type": "http", "scheme": "bearer"}}
                described.setdefault("components", {})["securitySchemes"] = schemes
                described["security"] = [{"token": []}]
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to add to it
