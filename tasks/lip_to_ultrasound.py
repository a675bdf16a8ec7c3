"""Ultrasound pictures of the tongue from a video of the lips."""

from benchmark.core import COURSES, TRIVIAL, Task
from benchmark.metrics.image import cwssim, msd, psnr, ssim, tongue

TASK = Task(
    title="Lips to ultrasound tongue",
    inputs=("lips",),
    target="ultrasound",
    splits=(
        "embedded.new_sentences",
        "embedded.new_talkers_sentences",
        "tal.new_speakers",
        "ssc2010.sentences",
        "ssc2010.legacy_leaky",
    ),
    smoke=("embedded.smoke_sentences",),
    metrics=(
        ssim.SSIM,
        ssim.SSIM_FAN,
        cwssim.CW_SSIM,
        msd.MSD,
        tongue.HAUSDORFF,
        tongue.TIP,
        psnr.PSNR,
    ),
    trivial_baselines=(*TRIVIAL, *COURSES, "blurred", "negative"),
    oracles=("oracle_noiseless",),
    citation="Liu and Zhang 2021, arXiv:2106.11769",
    version="1",
    full=("embedded.new_talkers_sentences",),
)
