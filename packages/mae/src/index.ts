// A placeholder: nothing of @winnow/mae is written yet, so it exports nothing.
export {}
