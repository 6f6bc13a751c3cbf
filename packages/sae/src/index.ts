// A placeholder: nothing of @winnow/sae is written yet, so it exports nothing.
export {}
