"""Who speaks: proportions, habits, and the checks that a talker can still articulate."""
