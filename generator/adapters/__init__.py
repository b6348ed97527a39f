"""What reference pictures do to objects: Redux, IP-Adapter and PuLID."""
