# SPDX-License-Identifier: Apache-2.0
"""Validates results files against docs/results_schema.json: `validate.py SCHEMA FILE...` (`-`: standard input).

Exit 0 when every line of every file is valid and the first one, and only it, is a context; 1 with the line otherwise;
77, "skipped", without Debian's python3-jsonschema. `validate.py SCHEMA --all-invalid FILE` wants every line refused:
the schema is itself tested to fail.
"""

import json
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def complaints(validator, name, lines):
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line, parse_constant=lambda word: sys.exit(f"{name}:{number}: {word} is no JSON"))
        except json.JSONDecodeError as error:
            yield f"{name}:{number}: no JSON: {error}"
            continue
        for error in validator.iter_errors(record):
            where = "/".join(str(step) for step in error.absolute_path)
            yield f"{name}:{number}: {where or 'record'}: {error.message[:200]}"
        if (record.get("kind") == "context") != (number == 1):
            yield f"{name}:{number}: the first line, and only it, is the context"
    if number == 0:
        yield f"{name}: empty"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if sys.argv[2] == "--all-invalid":
        with open(sys.argv[3], encoding="utf-8") as file:
            accepted = [line.strip() for line in file if validator.is_valid(json.loads(line))]
        print("\n".join(accepted) or "all refused")
        sys.exit(1 if accepted else 0)
    found = []
    for name in sys.argv[2:]:
        if name == "-":
            found += complaints(validator, name, sys.stdin)
        else:
            with open(name, encoding="utf-8") as file:
                found += complaints(validator, name, file)
    print("\n".join(found) or "valid")
    sys.exit(1 if found else 0)


main()
