// A placeholder: nothing of @winnow/masking is written yet, so it exports nothing.
export {}
