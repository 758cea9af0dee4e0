(** * T1: an oscillator under a constant drive settles

    One oscillator on the unit sphere of R^d, any d, moves by x' = h - <x, h> x with a constant
    drive h. It can rest at h/|h| and at -h/|h| only; every start but the second reaches the
    first exponentially, with rate |h|. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves.
Open Scope R_scope.

(** The velocity h - <x, h> x. *)
Definition velocity (d : nat) (h x : vec) : vec := sub h (scale (dot d x h) x).

(** The curve [x] obeys x' = h - <x, h> x on [[0, T]]. *)
Definition settles (d : nat) (h : vec) (T : R) (x : R -> vec) : Prop :=
  moves d T x (fun s => velocity d h (x s)).

(** The curve that T1 names: (x0 + ((cosh kt - 1) c0 + sinh kt) h/|h|) / (cosh kt + c0 sinh kt)
    with k = |h| and c0 = <x0, h/|h|>. *)
Definition flow (d : nat) (h x0 : vec) (t : R) : vec :=
  let k := norm d h in
  let c0 := dot d x0 (direction d h) in
  scale (/ (cosh (k * t) + c0 * sinh (k * t)))
    (add x0 (scale ((cosh (k * t) - 1) * c0 + sinh (k * t)) (direction d h))).

Section Settling.
Context {d : nat} (h : vec).
Hypothesis driven : ~ same d h origin.

Local Notation k := (norm d h).
Local Notation pole := (direction d h).
Local Notation antipole := (scale (-1) (direction d h)).

Lemma drive_positive : 0 < k.
Proof.
  destruct (norm_nonneg (d := d) h) as [some|none]; [exact some|].
  exfalso. apply driven, dot_self_zero. rewrite <- norm_square, <- none. ring.
Qed.

(** T1, resting points: on the unit sphere they are exactly ĥ and −ĥ, for h ≠ 0 and ĥ = h/‖h‖. *)
Theorem equilibria_are_poles (x : vec) :
  unit_vector d x ->
  (same d (velocity d h x) origin <-> same d x pole \/ same d x antipole).
Proof.
  intros on_sphere. pose proof drive_positive as some.
  unfold velocity, direction, sub, scale, origin, same. split.
  - intros rest. set (c := dot d x h) in *.
    assert (parallel : forall i, (i < d)%nat -> h i = c * x i).
    { intros i small. specialize (rest i small). lra. }
    assert (square : (k - c) * (k + c) = 0).
    { replace ((k - c) * (k + c)) with (k * k - c * c) by ring. rewrite norm_square.
      rewrite (dot_ext h (scale c x) h (scale c x)) by exact parallel.
      rewrite dot_scale_l, dot_scale_r, on_sphere. ring. }
    destruct (Rmult_integral _ _ square) as [sign|sign]; [left|right];
      intros i small; rewrite (parallel i small).
    + replace c with k by lra. field. lra.
    + replace c with (- k) by lra. field. lra.
  - assert (both : forall a, a * a = 1 -> same d x (scale (a * / k) h) ->
              same d (velocity d h x) origin).
    { intros a sign e i small. unfold velocity, sub, scale, origin.
      rewrite (dot_ext x (scale (a * / k) h) h h), dot_scale_l, <- norm_square by easy.
      rewrite e by easy. unfold scale.
      replace (a * / k * (k * k) * (a * / k * h i)) with ((a * a) * h i) by (field; lra).
      rewrite sign. ring. }
    intros [e|e].
    + apply (both 1); [ring|]. intros i small. rewrite e by easy. unfold scale. ring.
    + apply (both (-1)); [ring|]. intros i small. rewrite e by easy. unfold scale. ring.
Qed.

Section Solution.
Variables (T : R) (x : R -> vec).
Hypothesis motion : settles d h T x.
Hypothesis start : unit_vector d (x 0).
Local Notation c := (fun t => dot d (x t) pole).

(** T1, the sphere: a solution that starts on it stays on it. *)
Theorem sphere_is_kept (t : R) : 0 <= t <= T -> unit_vector d (x t).
Proof.
  intros time.
  apply (stays_on_sphere d T x (fun s => velocity d h (x s)) (fun s => dot d (x s) h));
    try easy.
  - intros s inside. apply continuity_pt_filterlim.
    apply (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)).
    eexists. apply is_derive_dot_fixed, motion, inside.
  - intros s inside. unfold velocity. rewrite dot_sub_r, dot_scale_r. ring.
Qed.

(** T1, the law of the cosine: ċ = ‖h‖(1 − c²) for c = ⟨x, ĥ⟩. *)
Theorem cosine_law (s : R) : 0 <= s <= T -> is_derive c s (k * (1 - c s * c s)).
Proof.
  intros inside. pose proof drive_positive as some.
  evar_last; [apply is_derive_dot_fixed, motion, inside|].
  unfold velocity. rewrite dot_sub_l, dot_scale_l, (dot_comm h), !(direction_dot h) by easy.
  rewrite (direction_unit h some). ring.
Qed.

Lemma cosine_bounds (s : R) : 0 <= s <= T -> -1 <= c s <= 1.
Proof.
  intros inside. pose proof (cauchy_schwarz (d := d) (x s) pole) as cs.
  rewrite (sphere_is_kept s inside), (direction_unit h drive_positive) in cs.
  cbv beta. nra.
Qed.

(** T1, the exact law: (1 − c(t))(1 + c₀) e^(2‖h‖t) = (1 + c(t))(1 − c₀), that is c(t) = tanh(‖h‖t
    + artanh c₀). *)
Theorem exact_law (t : R) :
  0 <= t <= T -> (1 - c t) * (1 + c 0) * exp (2 * k * t) = (1 + c t) * (1 - c 0).
Proof.
  intros time. cbv beta. apply Rminus_diag_uniq.
  apply (stays_zero
    (fun s => (1 - c s) * (1 + c 0) * exp (2 * k * s) - (1 + c s) * (1 - c 0))
    (fun s => k * (1 - c s)) (2 * k) T); try exact time.
  - rewrite Rmult_0_r, exp_0. ring.
  - assert (slope : forall (f : R -> R) (c0 s v : R), is_derive f s v ->
      is_derive (fun s => (1 - f s) * (1 + c0) * exp (2 * k * s) - (1 + f s) * (1 - c0)) s
        ((2 * k * (1 - f s) - v) * (1 + c0) * exp (2 * k * s) - v * (1 - c0))).
    { intros f c0 s v df. auto_derive; [repeat split; now exists v|].
      change (fun u : R => f u) with f. rewrite (is_derive_unique _ _ _ df). ring. }
    intros s inside. evar_last; [apply slope, cosine_law, inside|]. cbv beta. ring.
  - intros s inside. pose proof (cosine_bounds s inside) as [low high]. cbv beta in low, high.
    pose proof drive_positive. rewrite Rabs_right by nra. nra.
Qed.

(** T1, the settling bound: 1 − c(t) ≤ 2(1 − c₀)/(1 + c₀) · e^(−2‖h‖t) whenever c₀ > −1. *)
Theorem settling_bound (t : R) :
  0 <= t <= T -> -1 < c 0 ->
  1 - c t <= 2 * (1 - c 0) / (1 + c 0) * exp (- (2 * k * t)).
Proof.
  intros time away. pose proof (exact_law t time) as law.
  pose proof (cosine_bounds t time) as [_ high].
  pose proof (cosine_bounds 0 ltac:(lra)) as [_ high0].
  pose proof (exp_pos (2 * k * t)) as grows. cbv beta in *.
  rewrite exp_Ropp. set (e := exp (2 * k * t)) in *.
  apply (Rmult_le_reg_r ((1 + dot d (x 0) pole) * e)); [nra|].
  replace (2 * (1 - dot d (x 0) pole) / (1 + dot d (x 0) pole) * / e
           * ((1 + dot d (x 0) pole) * e))
    with (2 * (1 - dot d (x 0) pole)) by (field; lra).
  nra.
Qed.

(** T1, attraction: every start x₀ ≠ −ĥ reaches ĥ exponentially, ‖x(t) − ĥ‖ ≤ 2‖x₀ − ĥ‖/‖x₀ + ĥ‖ ·
    e^(−‖h‖t). *)
Theorem pole_attracts (t : R) :
  0 <= t <= T -> ~ same d (x 0) antipole ->
  norm d (sub (x t) pole)
    <= 2 * (norm d (sub (x 0) pole) / norm d (sub (x 0) antipole)) * exp (- (k * t)).
Proof.
  intros time away.
  assert (chord : forall s, 0 <= s <= T ->
            dot d (sub (x s) pole) (sub (x s) pole) = 2 * (1 - c s)).
  { intros s inside. rewrite dot_difference, (sphere_is_kept s inside).
    rewrite (direction_unit h drive_positive). ring. }
  assert (far : dot d (sub (x 0) antipole) (sub (x 0) antipole) = 2 * (1 + c 0)).
  { rewrite dot_difference, start, !dot_scale_r, dot_scale_l.
    rewrite (direction_unit h drive_positive). ring. }
  assert (positive : 0 < norm d (sub (x 0) antipole)).
  { apply sqrt_lt_R0. destruct (dot_nonneg (d := d) (sub (x 0) antipole)) as [yes|no]; [easy|].
    exfalso. apply away, same_by_distance. easy. }
  pose proof (settling_bound t time) as bound. cbv beta in *.
  apply norm_le.
  - repeat apply Rmult_le_pos; try lra; try apply norm_nonneg.
    + now apply Rlt_le, Rinv_0_lt_compat.
    + apply Rlt_le, exp_pos.
  - set (p := norm d (sub (x 0) pole)) in *. set (q := norm d (sub (x 0) antipole)) in *.
    assert (p2 : p * p = 2 * (1 - c 0)) by (unfold p; rewrite norm_square; apply chord; lra).
    assert (q2 : q * q = 2 * (1 + c 0)) by (unfold q; rewrite norm_square; apply far).
    replace (2 * (p / q) * exp (- (k * t)) * (2 * (p / q) * exp (- (k * t))))
      with (4 * ((p * p) / (q * q)) * (exp (- (k * t)) * exp (- (k * t)))) by (field; lra).
    rewrite chord, p2, q2, <- exp_plus by easy. cbv beta in *.
    replace (- (k * t) + - (k * t)) with (- (2 * k * t)) by ring.
    assert (-1 < dot d (x 0) pole) as start_away by nra. specialize (bound start_away).
    replace (4 * (2 * (1 - dot d (x 0) pole) / (2 * (1 + dot d (x 0) pole))))
      with (2 * (2 * (1 - dot d (x 0) pole) / (1 + dot d (x 0) pole))) by (field; lra).
    lra.
Qed.
End Solution.

(** T1, existence: from every start on the sphere the explicit flow solves the equation for all
    time, so the statements above speak of something. *)
Theorem flow_solves (x0 : vec) (T : R) :
  unit_vector d x0 -> settles d h T (flow d h x0) /\ same d (flow d h x0 0) x0.
Proof.
  intros on_sphere. pose proof drive_positive as some.
  set (c0 := dot d x0 pole).
  assert (bounds : -1 <= c0 <= 1).
  { pose proof (cauchy_schwarz (d := d) x0 pole) as cs.
    rewrite on_sphere, (direction_unit h some) in cs. fold c0 in cs. nra. }
  split.
  - intros s _ i small. unfold flow, velocity. fold c0.
    assert (below : cosh (k * s) + c0 * sinh (k * s) <> 0).
    { unfold cosh, sinh. pose proof (exp_pos (k * s)). pose proof (exp_pos (- (k * s))). nra. }
    set (hat := pole) in *. rewrite (direction_dot h), dot_scale_l, dot_add_l by easy.
    rewrite dot_scale_l. change (direction d h) with hat. fold c0.
    replace (dot d hat hat) with 1 by (symmetry; now apply direction_unit).
    unfold scale, add, sub.
    replace (h i) with (k * hat i) by (unfold hat, direction, scale; field; lra).
    unfold cosh, sinh in *. auto_derive; [exact below|]. field. intros none. apply below. lra.
  - intros i small. unfold flow. rewrite Rmult_0_r, cosh_0, sinh_0.
    unfold scale, add. field.
Qed.
End Settling.
