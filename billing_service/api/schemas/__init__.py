"""What goes in and out over HTTP, a module per noun: In (create), Patch (change), Out (answer), Query (filters)."""
