complete --keep-order --exclusive --command faillog --arguments "(COMPLETE=fish faillog -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
