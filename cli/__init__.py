"""The operator's desk: parses words, wires the house, starts it, and shows what the books say.

One module for each noun; what they share is in `options`, `output`, `errors`, `settings` and
`office`. Rules of business live on the floors below; here a person's words become values and
values become words again.
"""
