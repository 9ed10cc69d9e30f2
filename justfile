# The commands of every day; "just" alone lists them. They use .venv (see CONTRIBUTING.md).

[private]
default:
    @just --list

# All tests that need no browser and no server, doctests included
test *options:
    .venv/bin/pytest {{options}}

# Only readers of files, rules of the languages and texts for users
test-fast *options:
    .venv/bin/pytest {{options}} tests/test_docs.py tests/prompts tests/index/readers \
        tests/index/test_structure.py tests/index/test_duplicates.py \
        tests/assistant/test_quantities.py tests/assistant/test_when.py \
        tests/assistant/test_shorthand.py tests/assistant/test_compound.py \
        tests/assistant/test_followup.py tests/assistant/test_smalltalk.py \
        tests/assistant/test_gloss.py tests/assistant/test_disagreement.py

# Lint, format and types
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy

# No figure of the evaluation below its floor
gate:
    .venv/bin/tanya eval --gate

# Fit the confidence of answers; data: a folder with train/ and dev/
fit data:
    .venv/bin/python -m evals.calibrate --data {{quote(data)}}

# Train the reader, or go on with a training that was stopped; then write its model
train data articles *options:
    .venv/bin/python -m assistant.reader.training --data {{quote(data)}} \
        --articles {{quote(articles)}} {{options}}
