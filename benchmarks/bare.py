"""A route that reads its request's body and does nothing else: what the framework alone can do.

python benchmarks/bare.py PORT
"""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/v1/classify")
async def bare(request: Request) -> Response:
    """Read the body."""
    await request.body()
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
