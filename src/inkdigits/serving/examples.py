"""The bodies and answers that the API's documentation shows."""

from typing import Any

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
}
PICTURE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A picture in any format that Pillow reads, by itself or in a form.",
        "content": {"image/png": _PICTURE, "image/jpeg": _PICTURE, "multipart/form-data": _FORM},
    }
}
CROPS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Crops of one digit each: bytes of height x width x uint8 one after the "
        "other, or a picture, or a form of pictures.",
        "content": {
            "application/octet-stream": _PICTURE,
            "image/png": _PICTURE,
            "multipart/form-data": _FORM,
        },
    }
}
IMAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A normalised digit: 28 x 28 x uint8, white ink on black.",
        "content": {"application/octet-stream": _PICTURE},
    }
}
_DIGIT = {"value": 8, "confidence": 0.997, "box": [40, 25, 31, 52]}
_PROBLEM = {
    "content": {
        "application/problem+json": {
            "example": {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "The picture is no readable picture (unknown or damaged format).",
            }
        }
    }
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, **_PROBLEM}
    for status, text in {
        400: "The request is malformed.",
        413: "The body is larger than the limit.",
        422: "The body is no picture that can be read, or a parameter is out of its range.",
        503: "Too many requests, or it took too long; Retry-After says when to try again.",
    }.items()
}
READ_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What was read, top to bottom; no lines where there is no digit.",
        "content": {
            "application/json": {
                "example": {
                    "text": "8",
                    "lines": [{"text": "8", "digits": [_DIGIT]}],
                    "width": 640,
                    "height": 480,
                    "turned": 0,
                    "light_on_dark": False,
                }
            }
        },
    },
    **_PROBLEMS,
}
CORRECTION_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "It is kept; an earlier correction of the same digit is replaced.",
        "content": {
            "application/json": {
                "example": {"value": 7, "file": "my_digits/7/page-5f0c8a1be2d34c77.png"}
            }
        },
    },
    403: {"description": "The request comes from another site.", **_PROBLEM},
    404: {"description": "The server was started without --collect.", **_PROBLEM},
    507: {"description": "The folder cannot be written to.", **_PROBLEM},
    **_PROBLEMS,
}
CLASSIFY_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One entry a crop, in their order.",
        "content": {
            "application/json": {
                "example": {
                    "crops": [
                        {
                            "value": 8,
                            "confidence": 0.997,
                            "digit": 0.999,
                            "probabilities": [0, 0, 0, 0.002, 0, 0.001, 0, 0, 0.997, 0],
                        }
                    ]
                }
            }
        },
    },
    **_PROBLEMS,
}
