"""The public data sets that the tasks use: where they come from, what they must contain."""

from __future__ import annotations

from lohe.attention.tasks.data_set import DataSet, Edition, Source
from lohe.dynamics.errors import InputError

__all__ = ["CATALOGUE", "find"]


_TENSORFLOW = "https://storage.googleapis.com/download.tensorflow.org/data"
_WORD_MODEL = (
    "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2"
)
_STORIES = "https://huggingface.co/datasets/roneneldan/TinyStories/resolve/main"
_WARDEN = (
    "P. Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, "
    "arXiv 1804.03209, 2018"
)

CATALOGUE = (
    DataSet(
        name="speech_commands_v0.02_test",
        title="Speech Commands v0.02, test set",
        licence="CC BY 4.0",
        citation=_WARDEN,
        sources=(
            Source(
                f"{_TENSORFLOW}/speech_commands_test_set_v0.02.tar.gz",
                112_563_277,
                "cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df",
            ),
        ),
        editions=(
            Edition(
                "4,157 of its 4,890 clips",
                ("*/*.wav",),
                4157,
                "4c5b9b49800d8468dac9c0abbcee617e52a46735c48931e04e90cccfac2377ab",
            ),
        ),
        aliases=("gsc_test_v0.02", "speech_commands_test_set_v0.02"),
    ),
    DataSet(
        name="speech_commands_v0.02",
        title="Speech Commands v0.02",
        licence="CC BY 4.0",
        citation=_WARDEN,
        sources=(
            Source(
                f"{_TENSORFLOW}/speech_commands_v0.02.tar.gz",
                2_428_923_189,
                "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
            ),
        ),
    ),
    DataSet(
        name="fsdd",
        title="Free Spoken Digit Dataset, commit 26eb9aaf",
        licence="CC BY-SA 4.0",
        citation="Z. Jackson et al., Free Spoken Digit Dataset, doi:10.5281/zenodo.1342401",
        sources=(
            Source(
                "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/26eb9aaf.tar.gz",
                file="fsdd.tar.gz",
            ),
        ),
        editions=(
            Edition(
                "3,000 recordings",
                ("recordings/*.wav",),
                3000,
                "04e1baae96c6a26e39c623f2b01d0182ddae627ba0ac02a3cdc17ba2af99fd9b",
            ),
        ),
        aliases=("free-spoken-digit-dataset",),
    ),
    DataSet(
        name="wikitext-2",
        title="WikiText-2, tokenised",
        licence="CC BY-SA 3.0",
        citation="S. Merity et al., Pointer Sentinel Mixture Models, arXiv 1609.07843, 2016",
        sources=(
            Source(
                f"{_WORD_MODEL}/train.txt",
                10_797_148,
                "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
            ),
            Source(
                f"{_WORD_MODEL}/valid.txt",
                1_121_681,
                "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            ),
            Source(
                f"{_WORD_MODEL}/test.txt",
                1_256_449,
                "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
            ),
        ),
        editions=(
            Edition(
                "complete",
                ("train.txt", "valid.txt", "test.txt"),
                3,
                "5d5d66ee6b9e8aee5a931f8342929f33d5da9075dd9fc881bdd609a9f4f23cbe",
            ),
        ),
    ),
    DataSet(
        name="enwik8",
        title="enwik8: the first 10^8 bytes of English Wikipedia, March 2006",
        licence="CC BY-SA 3.0 (text of Wikipedia)",
        citation="M. Mahoney, Large Text Compression Benchmark, 2011",
        sources=(
            Source(
                "https://mattmahoney.net/dc/enwik8.zip",
                sha256="547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
            ),
        ),
        editions=(
            Edition(
                "the first 4,000,000 bytes",
                ("enwik8.first4000000",),
                1,
                "6a21b5cff6570cb11148fa5b7736ac5c23389f3819e72772d404a24d8ccb3c30",
            ),
        ),
    ),
    DataSet(
        name="tinystories",
        title="TinyStories",
        licence="CDLA-Sharing 1.0",
        citation="R. Eldan & Y. Li, TinyStories, arXiv 2305.07759, 2023",
        sources=(
            Source(
                f"{_STORIES}/TinyStories-valid.txt",
                19_447_282,
                "94e431816c4cce81ff71e4408ff8d3bda9a42e8d2663986697c3954288cb38b4",
            ),
            Source(
                f"{_STORIES}/TinyStories-train.txt",
                1_924_281_556,
                "c5cf5e22ff13614e830afbe61a99fbcbe8bcb7dd72252b989fa1117a368d401f",
            ),
        ),
        editions=(
            Edition(
                "a sample of 4 MB of stories",
                ("head10k_lines.txt", "sample_val.txt"),
                2,
                "b17a72d77802853e0653465cbe857f155e10f1d6534d4f33d86320d946e2b39b",
            ),
        ),
        aliases=("tinystories_sample",),
    ),
    DataSet(
        name="linzen_rnn_agr_simple",
        title="Subject-verb agreement on Wikipedia sentences",
        licence="MIT (the sentences: CC BY-SA, Wikipedia)",
        citation=(
            "T. Linzen, E. Dupoux & Y. Goldberg, Assessing the Ability of LSTMs to Learn "
            "Syntax-Sensitive Dependencies, TACL 4, 2016"
        ),
        sources=(
            Source(
                "https://tallinzen.net/media/rnn_agreement/rnn_agr_simple.tar.gz",
                file="linzen_rnn_agr_simple.tar.gz",
            ),
        ),
        editions=(
            Edition(
                "validation, and test with 1 to 5 attractors",
                ("numpred.val", "numpred.test.[1-5]"),
                6,
                "bfc45af1c9a0695c85630bb4e9fc32c3483228aaced0d3011ce5d3b2da462b78",
            ),
        ),
        aliases=("rnn_agr_simple",),
    ),
    DataSet(
        name="tinyshakespeare",
        title="Tiny Shakespeare",
        licence="public domain",
        citation="A. Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks, 2015",
        sources=(
            Source(
                "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                1_115_394,
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            ),
        ),
        editions=(
            Edition(
                "complete",
                ("input.txt",),
                1,
                "7a28594178015a70f2cbc9e411e6ea1636e1f845e8b35aaa971b340b592676df",
            ),
        ),
    ),
)
"""Every data set, by name in the order of use."""


def find(name: str) -> DataSet:
    """Return the data set of that name or alias.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> find("fsdd").licence
    'CC BY-SA 4.0'
    """
    for item in CATALOGUE:
        if name in (item.name, *item.aliases):
            return item
    known = ", ".join(item.name for item in CATALOGUE)
    raise InputError(f"no data set {name!r}; there are {known}")
