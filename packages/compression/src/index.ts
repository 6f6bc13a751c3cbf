// A placeholder: nothing of @winnow/compression is written yet, so it exports nothing.
export {}
