"""Turns the message facts into the checked-in modules `messages/*`, `codecs/*` and `client_codecs/*`.

`python_types` knows how a fact becomes a Python type and default, `class_source` writes the message classes,
`source` is the indenting text buffer, `decoder_source` and `encoder_source` write the straight-line codec functions,
`codec_source` puts them together a module at a time.
"""
