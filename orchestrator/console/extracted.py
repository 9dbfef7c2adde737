"""The options of a sweep's command line that say how clips become model inputs: fields of Extraction."""

from __future__ import annotations

from typing import Annotated

import typer

Flow = Annotated[str, typer.Option(help="optical flow of the features: farneback, dis, dis_fine or tvl1")]
Steps = Annotated[int, typer.Option(help="T, time steps of roi_flow")]
Keep = Annotated[
    float, typer.Option(help="share of a window's pixels, those that move most, that its motion is of")
]
Apex = Annotated[str, typer.Option(help="for clips without one: middle, or a way to find it: roi_difference")]
Equalise = Annotated[
    bool,
    typer.Option(
        help="equalise the histogram of the aligned crop; the models of the MESTI study do unless told not to"
    ),
]
LandmarksEvery = Annotated[
    float, typer.Option(help="seconds between runs of the landmark model; 0 = every frame")
]
MaxGap = Annotated[int, typer.Option(help="most frames in a row that a clip may lack and that are bridged")]
Stabilise = Annotated[str, typer.Option(help="crop of a head that moves: none, or rigid, which follows it")]
Motion = Annotated[str, typer.Option(help="flow: absolute, or relative, less the head's own motion")]
LandmarkerFile = Annotated[
    str,
    typer.Option(
        "--landmarker", help="landmarks by this .task file of MediaPipe's Tasks, not by the mesh in its wheel"
    ),
]
ModelsLandmarker = Annotated[
    str, typer.Option("--landmarker", help="the .task file that the model was trained with, if it was")
]
