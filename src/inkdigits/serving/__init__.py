"""The page and the HTTP service around the recognizer; `pip install 'inkdigits[serve]'`."""
