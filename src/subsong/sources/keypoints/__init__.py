"""Pictures with keypoints: tables, COCO, DeepLabCut, SLEAP, DeepPoseKit, VUNet's index, drawn sprites."""
