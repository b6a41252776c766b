"""The part of JSON schema that zod writes, checked: enough to hold the runner to the contract without a package."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float), "integer": int,
}  # fmt: skip
_KNOWN = {
    "$schema", "type", "properties", "required", "additionalProperties", "propertyNames", "items", "enum", "const", "anyOf", "pattern", "minimum",
    "maximum", "exclusiveMinimum", "maxItems", "maxLength", "minLength", "default", "description",
}  # fmt: skip


def faults(schema: dict[str, Any], value: Any, at: str = "$") -> list[str]:
    """What is wrong with the value; empty when nothing is. An unknown keyword is an error of the test."""
    unknown = set(schema) - _KNOWN
    if unknown:
        raise NotImplementedError(f"{unknown} at {at}")
    if "anyOf" in schema:
        return [] if any(not faults(one, value, at) for one in schema["anyOf"]) else [f"{at}: {value!r} fits none"]
    found = []
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is not one of those allowed")
    if "type" in schema and not _is_of(schema["type"], value):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if isinstance(value, str):
        found += _of_text(schema, value, at)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value) or value <= schema.get("exclusiveMinimum", value - 1):
            found.append(f"{at}: {value} is out of range")
    elif isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            found.append(f"{at}: too many")
        found += [fault for number, item in enumerate(value) for fault in faults(schema.get("items", {}), item, f"{at}[{number}]")]
    elif isinstance(value, dict):
        found += _of_object(schema, value, at)
    return found


def _is_of(kinds: str | list[str], value: Any) -> bool:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    # In Python a boolean is an integer as well.
    return "boolean" in kinds if isinstance(value, bool) else any(isinstance(value, _TYPES[kind]) for kind in kinds)


def _of_text(schema: dict[str, Any], value: str, at: str) -> list[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{at}: {value!r} does not match"]
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return [f"{at}: wrong length"]
    return []


def _of_object(schema: dict[str, Any], value: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}.{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        found += faults(schema.get("propertyNames", {}), name, f"{at}.{name}")
        rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
        if rule is False:
            found.append(f"{at}.{name}: not in the contract")
        elif isinstance(rule, dict):
            found += faults(rule, item, f"{at}.{name}")
    return found
