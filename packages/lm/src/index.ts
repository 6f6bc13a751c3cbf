// A placeholder: nothing of @winnow/lm is written yet, so it exports nothing.
export {}
