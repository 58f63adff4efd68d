"""Sans-I/O: channel ids, tokens, templates and envelope codecs. Bytes and text in, values out."""
