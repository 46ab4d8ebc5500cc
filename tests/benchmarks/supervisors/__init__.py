"""Process supervisors side by side: who they are, what they run, what is measured."""
