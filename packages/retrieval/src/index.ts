// A placeholder: nothing of @winnow/retrieval is written yet, so it exports nothing.
export {}
