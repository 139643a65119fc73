"""What a VUNet does, on figures: tables of pictures, scores and codes, and what a run's page adds for the family."""

from subsong.reports.poses.content import add_pose_figures
from subsong.reports.poses.validation import plot_pose_validation

__all__ = ["add_pose_figures", "plot_pose_validation"]
