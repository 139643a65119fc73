"""What looks on while a model trains, and may stop it: one file each."""
