r"""Networks whose resting points are known: what a certificate must say of them, and why.

Kuramoto oscillators are the case d = 2 with :math:`x = (\cos\theta, \sin\theta)`: crosstalk
:math:`J_{ik}` is :math:`J_{ik}\sin(\theta_k - \theta_i)`, a natural frequency
:math:`[[0, -\omega], [\omega, 0]]` turns by :math:`\omega`, a drive h is an anchor at its angle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.dynamics.topology import complete

__all__ = [
    "THREE_LOCK",
    "anchored_circulant",
    "anchored_pair",
    "consensus",
    "detuned",
    "opposed_anchors",
    "quaternion",
    "three_kuramoto",
    "two_kuramoto",
]

Floats = NDArray[np.float64]

THREE_LOCK = 1.7601725
"""max(sin a + sin 2a), at cos a = (sqrt(33) - 1)/8: three oscillators lock while 3 omega/K is
below it. Rounded."""


def anchored_circulant(n: int = 8, *, reach: int = 1, strength: float = 0.3) -> Network:
    r"""Identical planar oscillators on a circle, one of them with a weak anchor.

    Without the anchor the ring has twisted states :math:`\theta_i = 2\pi qi/n` beside the
    synchronous one, stable for :math:`|q| < n/4` at reach 1 [1]_; with longer reach some survive
    up to 68 % of all possible connections [2]_. The anchor ends the freedom to turn all together,
    and a weak one leaves the states nearly where they are.

    Parameters
    ----------
    n
        Oscillators.
    reach
        Each feels its neighbours up to this many places away, with coupling 1.
    strength
        Length of the anchor's drive on oscillator 0.

    Raises
    ------
    InputError
        If a neighbour would be met twice: 2 reach must be below n.

    References
    ----------
    .. [1] D. A. Wiley, S. H. Strogatz, M. Girvan, The size of the sync basin, *Chaos* 16 (2006)
       015103, doi:10.1063/1.2165594.
    .. [2] A. Townsend, M. Stillman, S. H. Strogatz, Dense networks that do not synchronize and
       sparse ones that do, *Chaos* 30 (2020) 083142, doi:10.1063/5.0018322.

    Examples
    --------
    >>> network = anchored_circulant(8)
    >>> network.drive[0], float(network.crosstalk.sum())
    (array([0.3, 0. ]), 16.0)
    """
    if not 0 < reach < n / 2:
        raise InputError(f"reach {reach} does not fit {n} oscillators; need 1 <= reach < n/2")
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    gap = np.minimum(gap, n - gap)
    drive = np.zeros((n, 2))
    drive[0, 0] = strength
    return Network(drive, crosstalk=((gap > 0) & (gap <= reach)).astype(np.float64))


def two_kuramoto(coupling: float, detuning: float) -> Network:
    r"""Two Kuramoto oscillators, as the one that their phase difference is.

    With frequencies apart by :math:`\Delta\omega` and coupling K/2 each way, the difference obeys
    :math:`\dot\varphi = \Delta\omega - K\sin\varphi`, which locks for
    :math:`|\Delta\omega| < K` and drifts beyond; at equality one half-stable point is left.

    Parameters
    ----------
    coupling
        K.
    detuning
        The difference of the frequencies.

    References
    ----------
    R. Adler, A study of locking phenomena in oscillators, *Proc. IRE* 34 (1946) 351-357,
    doi:10.1109/JRPROC.1946.229930.

    Examples
    --------
    >>> two_kuramoto(1.0, 0.5).frequency
    array([[[ 0. , -0.5],
            [ 0.5,  0. ]]])
    """
    return Network([[coupling, 0.0]], frequency=[_turn(detuning)])


def three_kuramoto(coupling: float, frequency: float) -> Network:
    r"""Three Kuramoto oscillators with frequencies -w, 0, w, the middle one as an anchor.

    In :math:`\dot\theta_i = \omega_i + \frac K3\sum_k\sin(\theta_k - \theta_i)` a locked state
    has the middle one half way between the others at angles :math:`\mp a` from it, with
    :math:`\sin a + \sin 2a = 3\omega/K`; there are others with the outer two opposite, for
    :math:`3\omega/K \le 1`. So locked states exist up to `THREE_LOCK`, where two meet and vanish
    [1]_ [2]_. The middle one then rests, and may be held.

    Parameters
    ----------
    coupling
        K.
    frequency
        w.

    References
    ----------
    .. [1] Yu. Maistrenko, O. Popovych, O. Burylko, P. A. Tass, Mechanism of desynchronization in
       the finite-dimensional Kuramoto model, *Phys. Rev. Lett.* 93 (2004) 084102,
       doi:10.1103/PhysRevLett.93.084102.
    .. [2] A. A. Vasylenko, Yu. L. Maistrenko, M. Hasler, Modelling the phase synchronization in
       systems of two and three coupled oscillators, *Nonlinear Oscillations* 7 (2004) 311-327.

    Examples
    --------
    >>> three_kuramoto(3.0, 1.5).crosstalk
    array([[0., 1.],
           [1., 0.]])
    """
    third = coupling / 3
    return Network(
        [[third, 0.0], [third, 0.0]],
        crosstalk=[[0.0, third], [third, 0.0]],
        frequency=[_turn(-frequency), _turn(frequency)],
    )


def quaternion(drive: float, spin: tuple[float, float, float]) -> Network:
    r"""Turn a unit quaternion from the left, an oscillator of the group SU(2), with an anchor.

    The frequency is the multiplication by a pure quaternion :math:`\omega`, so
    :math:`A^\top A = |\omega|^2I` and all four dimensions turn alike: it locks exactly for
    :math:`|\omega| < \|h\|`, as in the plane, although d = 4 leaves room for more.

    Parameters
    ----------
    drive
        Length of the anchor's drive, along the unit quaternion 1.
    spin
        The three components of :math:`\omega`.

    References
    ----------
    M. A. Lohe, Non-Abelian Kuramoto models and synchronization, *J. Phys. A* 42 (2009) 395101,
    doi:10.1088/1751-8113/42/39/395101.

    Examples
    --------
    >>> a = quaternion(3.0, (1.0, 2.0, 2.0)).frequency[0]
    >>> a.T @ a
    array([[9., 0., 0., 0.],
           [0., 9., 0., 0.],
           [0., 0., 9., 0.],
           [0., 0., 0., 9.]])
    """
    i, j, k = spin
    left = [[0.0, -i, -j, -k], [i, 0.0, -k, j], [j, k, 0.0, -i], [k, -j, i, 0.0]]
    return Network([[drive, 0.0, 0.0, 0.0]], frequency=[left])


def detuned(d: int, n: int, spread: float, *, rng: np.random.Generator) -> Network:
    r"""Oscillators with unit drives and random frequencies of any dimension.

    A skew matrix of odd size has a kernel. A drive with a part in it locks the oscillator however
    fast it turns, so every frequency spread is tolerated; in even dimensions it is not.

    Parameters
    ----------
    d
        Dimension of the ambient space.
    n
        Oscillators.
    spread
        Standard deviation of the entries of the frequencies.
    rng
        Source of randomness.

    References
    ----------
    S. Chandra, M. Girvan, E. Ott, Continuous versus discontinuous transitions in the
    D-dimensional generalized Kuramoto model: odd D is different, *Phys. Rev. X* 9 (2019) 011002,
    doi:10.1103/PhysRevX.9.011002.

    Examples
    --------
    >>> detuned(3, 2, 1.0, rng=np.random.default_rng(0)).frequency.shape
    (2, 3, 3)
    """
    upper = np.triu(spread * rng.standard_normal((n, d, d)), 1)
    return Network(uniform(rng, n, d), frequency=upper - np.swapaxes(upper, -1, -2))


def consensus(n: int, d: int) -> Network:
    """Identical oscillators that all hear each other, without any anchor.

    For d >= 3 and any connected graph they agree from almost every start, but on what is left to
    the start: a sphere of resting points, none of them asymptotically stable.

    Parameters
    ----------
    n
        Oscillators.
    d
        Dimension of the ambient space.

    References
    ----------
    J. Markdahl, J. Thunberg, J. Goncalves, Almost global consensus on the n-sphere, *IEEE Trans.
    Automat. Contr.* 63 (2018) 1664-1675, doi:10.1109/TAC.2017.2752799.

    Examples
    --------
    >>> consensus(3, 3).drive.any()
    np.False_
    """
    return Network(np.zeros((n, d)), crosstalk=complete(n).toarray())


def opposed_anchors(d: int, *, balance: float = 1.0) -> Network:
    """One oscillator between two opposite anchors: their hull contains the origin.

    Parameters
    ----------
    d
        Dimension of the ambient space.
    balance
        Weight of the second anchor over that of the first. At 1 the drive is zero, every state
        rests and none is stable.

    Notes
    -----
    Gordan's theorem: either some direction has a positive product with every anchor, or positive
    weights cancel them.

    Examples
    --------
    >>> opposed_anchors(2).drive
    array([[0., 0.]])
    """
    anchors = np.zeros((2, d))
    anchors[:, 0] = 1.0, -1.0
    return Network(couplings=[[1.0, balance]], anchors=anchors)


def anchored_pair(drive: float, *, crosstalk: float = 1.0) -> Network:
    r"""Two planar oscillators on the same anchor that hear each other equally.

    For a drive above twice the crosstalk the four states with each :math:`\pm h` are all. At
    twice, the one with both turned away is degenerate: with :math:`\theta_2 = -\theta_1` both
    equations read :math:`\|h\|\sin\theta_1 + J\sin 2\theta_1 = 0`, and two more states branch off
    at :math:`\cos\theta_1 = -\|h\|/2J`. None of them is stable.

    Parameters
    ----------
    drive
        Length of both drives.
    crosstalk
        J.

    Examples
    --------
    >>> anchored_pair(2.0).drive
    array([[2., 0.],
           [2., 0.]])
    """
    return Network([[drive, 0.0], [drive, 0.0]], crosstalk=[[0.0, crosstalk], [crosstalk, 0.0]])


def _turn(omega: float) -> list[list[float]]:
    return [[0.0, -omega], [omega, 0.0]]
