"""Where the vocalisations of a recording are: found by amplitude or by a template, merged, and cleaned."""
