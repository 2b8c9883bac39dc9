"""The bodies and answers that the API's documentation shows, each with what it looks like."""

from typing import Any

from inkdigits.recognition.reading import SIGNS

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
}
_FORM_OF_SEVERAL = {
    "schema": {
        "type": "object",
        "properties": {
            "file": {"type": "array", "items": _PICTURE["schema"], "minItems": 1, "maxItems": 4096}
        },
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
            "multipart/form-data": _FORM_OF_SEVERAL,
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
_READ_DIGIT = {"value": 8, "confidence": 0.997, "box": [40, 25, 31, 52]}
_READ_NUMBER = {"text": "8", "written": "8", "confidence": 0.997, "box": [40, 25, 31, 52]}
_PROBLEM = {
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
                "required": ["title", "status", "detail"],
            },
            "example": {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "The picture is no readable picture (unknown or damaged format).",
            },
        }
    }
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, **_PROBLEM}
    for status, text in {
        400: "The request is malformed.",
        401: "The bearer token is missing or another; only where the server has one.",
        413: "The body is larger than the limit.",
        415: "The body is compressed.",
        422: "The body is no picture that can be read, or a parameter is out of its range.",
        431: "The headers are larger than 64 KiB.",
        500: "The service failed, which it logs.",
        503: "Too many requests, or it took too long; Retry-After says when to try again.",
    }.items()
}
_DIGIT = {"type": "integer", "minimum": 0, "maximum": 9}
_NUMBER = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT = {"type": "integer", "minimum": 0}
_PROBABILITIES = {"type": "array", "items": _NUMBER, "minItems": 10, "maxItems": 10}
_LEVELS = {"type": "array", "items": {**_COUNT, "maximum": 255}}
_IMAGE = {
    "type": "array",
    "items": {**_LEVELS, "minItems": 28, "maxItems": 28},
    "minItems": 28,
    "maxItems": 28,
    "description": "With `details`: the digit as the network sees it, white ink on black.",
}
_BOX = {"type": "array", "items": _COUNT, "minItems": 4, "maxItems": 4}
_WRITTEN = {
    "type": "string",
    "description": "The digits with the signs between them, numbers parted.",
}
_LINE = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "written": _WRITTEN,
        "numbers": {
            "type": "array",
            "description": "The line, parted at wide gaps and at signs other than points and "
            "commas; of the least sure digit the confidence.",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "written": {"type": "string"},
                    "confidence": _NUMBER,
                    "box": _BOX,
                },
                "required": ["text", "written", "confidence", "box"],
            },
        },
        "signs": {
            "type": "array",
            "description": "What stands between the digits, or before the first; `after` how many.",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"enum": list(SIGNS)},
                    "after": _COUNT,
                    "box": _BOX,
                },
                "required": ["text", "after", "box"],
            },
        },
        "digits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "value": _DIGIT,
                    "confidence": _NUMBER,
                    "box": _BOX,
                    "probabilities": {
                        **_PROBABILITIES,
                        "description": "With `details`: what they lack of 1 is that of no digit.",
                    },
                    "image": _IMAGE,
                },
                "required": ["value", "confidence", "box"],
            },
        },
    },
    "required": ["text", "written", "numbers", "signs", "digits"],
}


def _json(
    description: str, example: dict[str, Any], properties: dict[str, Any], status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """An answer with all of these properties."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {status: {"description": description, "content": content}}


_TURNED = {"type": "integer", "enum": [0, 90, 180, 270]}
READ_RESPONSES: dict[int | str, dict[str, Any]] = {
    **_json(
        "What was read, top to bottom; no lines where there is no digit. A box is left, top, width "
        "and height in the upright picture's pixels. `turned` is by how many degrees clockwise the "
        "page lay; where `perhaps_turned` is another angle, that is in doubt. "
        "`has_more_pages` says that the first page of a document was read, since none was named, "
        "and that there are more.",
        {
            "text": "8",
            "written": "8",
            "lines": [
                {
                    "text": "8",
                    "written": "8",
                    "numbers": [_READ_NUMBER],
                    "signs": [],
                    "digits": [_READ_DIGIT],
                }
            ],
            "width": 640,
            "height": 480,
            "turned": 0,
            "perhaps_turned": 0,
            "light_on_dark": False,
            "has_more_pages": False,
        },
        {
            "text": {"type": "string"},
            "written": _WRITTEN,
            "lines": {"type": "array", "items": _LINE},
            "width": _COUNT,
            "height": _COUNT,
            "turned": _TURNED,
            "perhaps_turned": _TURNED,
            "light_on_dark": {"type": "boolean"},
            "has_more_pages": {"type": "boolean"},
        },
    ),
    **_PROBLEMS,
}
CORRECTION_RESPONSES: dict[int | str, dict[str, Any]] = {
    **_json(
        "It is kept; an earlier correction of the same digit is replaced.",
        {"value": 7, "file": "my_digits/7/page-5f0c8a1be2d34c77.png"},
        {"value": {"anyOf": [_DIGIT, {"const": "none"}]}, "file": {"type": "string"}},
        status=201,
    ),
    403: {"description": "The request comes from another site.", **_PROBLEM},
    404: {"description": "The server was started without --collect.", **_PROBLEM},
    507: {"description": "The folder cannot be written to.", **_PROBLEM},
    **_PROBLEMS,
}
STAGES_RESPONSES: dict[int | str, dict[str, Any]] = {
    **_json(
        "An entry a stage: its shape `[C, h, w]`, and C x h x w levels from 0 to 255.",
        {"stages": [{"shape": [1, 2, 2], "levels": [0, 128, 255, 3]}]},
        {
            "stages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "shape": {"type": "array", "items": _COUNT},
                        "levels": _LEVELS,
                    },
                    "required": ["shape", "levels"],
                },
            }
        },
    ),
    **_PROBLEMS,
}
MODEL_RESPONSES: dict[int | str, dict[str, Any]] = {
    **_json(
        "The network that reads; its hash is that of its ONNX file, null for a run folder.",
        {
            "version": "1.0.0",
            "model": "shipped",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "card": "# The shipped network ...",
            "collecting": False,
        },
        {
            "version": {"type": "string"},
            "model": {"type": "string"},
            "sha256": {"type": ["string", "null"]},
            "card": {"type": ["string", "null"]},
            "collecting": {"type": "boolean"},
        },
    ),
    **{status: _PROBLEMS[status] for status in (400, 401, 415, 431, 500)},
}
CLASSIFY_OPERATION: dict[str, Any] = {
    "summary": "Say which digit each ready crop shows, and if it is one at all",
    "operationId": "classify",
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": "Of a raw crop, in pixels.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1024, "default": 28},
        }
        for name in ("width", "height")
    ],
    **CROPS_BODY,
    "responses": {
        str(status): answer
        for status, answer in {
            **_json(
                "One entry a crop, in their order: the digit, how sure it is, whether it is a "
                "digit at all, and the probabilities of the ten.",
                {
                    "crops": [
                        {
                            "value": 8,
                            "confidence": 0.997,
                            "digit": 0.999,
                            "probabilities": [0, 0, 0, 0.002, 0, 0.001, 0, 0, 0.997, 0],
                        }
                    ]
                },
                {
                    "crops": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "value": _DIGIT,
                                "confidence": _NUMBER,
                                "digit": _NUMBER,
                                "probabilities": _PROBABILITIES,
                            },
                            "required": ["value", "confidence", "digit", "probabilities"],
                        },
                    }
                },
            ),
            **_PROBLEMS,
        }.items()
    },
}
