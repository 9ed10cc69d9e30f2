"""How the bundled reader is made: base weights, examples, training, export.

``python -m assistant.reader.training --data PATH`` does it all; nothing here runs when questions
are answered.
"""
