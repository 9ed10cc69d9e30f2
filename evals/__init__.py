"""What the system is worth: sample articles, questions, metrics and the gate."""
