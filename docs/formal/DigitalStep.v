(** * T7: the digital integrator

    One projected Euler step of size D takes x to the direction of x + D (h - <x, h> x). With
    a = D |h| it takes the angle p between x and h to p - arctan(a sin p). So it settles for
    a < 2, without overshoot for a <= 1, and for a > 2 the resting point repels. *)

From Coq Require Import Reals Lra Lia Ratan.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Settling.
Open Scope R_scope.

(** One step of projected Euler. *)
Definition euler_step (d : nat) (D : R) (h x : vec) : vec :=
  direction d (add x (scale D (velocity d h x))).

(** The angle after a step, where the resting point has angle 0. *)
Definition turned (a p : R) : R := p - atan (a * sin p).

(** T7, the step: at the angle φ from ĥ, a step of size Δ goes to the angle
    φ − arctan(Δ‖h‖ sin φ), on the unit sphere again. *)
Theorem step_turns_angle (d : nat) (D : R) (h x : vec) (p : R) :
  ~ same d h origin -> unit_vector d x -> dot d x (direction d h) = cos p ->
  unit_vector d (euler_step d D h x) /\
  dot d (euler_step d D h x) (direction d h) = cos (turned (D * norm d h) p).
Proof.
  intros driven on_sphere angle. pose proof (drive_positive h driven) as some.
  set (k := norm d h) in *. set (a := D * k).
  pose proof (sin2_cos2 p) as circle. unfold Rsqr in circle.
  assert (xh : dot d x h = k * cos p) by (rewrite direction_dot, angle; [reflexivity | easy]).
  assert (hh : dot d h h = k * k) by (symmetry; apply norm_square).
  set (y := add x (scale D (velocity d h x))).
  assert (length : dot d y y = 1 + (a * sin p) * (a * sin p)).
  { unfold y, velocity. rewrite !dot_add_l, !dot_add_r, !dot_scale_l, !dot_scale_r.
    rewrite !dot_sub_l, !dot_sub_r, !dot_scale_l, !dot_scale_r, (dot_comm h x), xh, hh.
    rewrite on_sphere. unfold a.
    replace (D * k * sin p * (D * k * sin p)) with (D * D * k * k * (sin p * sin p)) by ring.
    replace (sin p * sin p) with (1 - cos p * cos p) by lra. ring. }
  assert (reach : dot d y (direction d h) = cos p + a * sin p * sin p).
  { unfold y, velocity. rewrite dot_add_l, dot_scale_l, dot_sub_l, dot_scale_l, angle, xh.
    unfold direction at 1. rewrite dot_scale_r, hh. unfold a.
    replace (D * k * sin p * sin p) with (D * k * (sin p * sin p)) by ring.
    replace (sin p * sin p) with (1 - cos p * cos p) by lra.
    fold k. field. lra. }
  assert (positive : 0 < 1 + (a * sin p) * (a * sin p)).
  { pose proof (Rle_0_sqr (a * sin p)) as square. unfold Rsqr in square. lra. }
  assert (long : 0 < norm d y) by (unfold norm; rewrite length; now apply sqrt_lt_R0).
  split; [now apply direction_unit|].
  unfold euler_step. fold y. unfold direction at 1. rewrite dot_scale_l, reach.
  unfold norm. rewrite length. unfold turned.
  rewrite cos_minus, cos_atan, sin_atan. unfold Rsqr. field.
  apply Rgt_not_eq, Rlt_gt, sqrt_lt_R0, positive.
Qed.

(** T7, shrinking: for 0 < Δ‖h‖ < 2 every angle strictly between 0 and π gets strictly closer
    to 0. *)
Theorem angle_shrinks (a p : R) : 0 < a < 2 -> 0 < p < PI -> Rabs (turned a p) < p.
Proof.
  intros [low high] [p_low p_high]. unfold turned.
  assert (sine : 0 < sin p) by now apply sin_gt_0.
  assert (forward : 0 < atan (a * sin p)).
  { rewrite <- atan_0. apply atan_increasing. now apply Rmult_lt_0_compat. }
  assert (back : atan (a * sin p) < 2 * p).
  { destruct (Rlt_or_le p (PI / 4)) as [small|large].
    - rewrite <- (atan_tan (2 * p)) by lra. apply atan_increasing.
      assert (c2 : 0 < cos (2 * p)) by (apply cos_gt_0; lra).
      assert (c1 : cos (2 * p) < cos p) by (apply cos_decreasing_1; lra).
      unfold tan. apply (Rmult_lt_reg_r (cos (2 * p))); [exact c2|].
      replace (sin (2 * p) / cos (2 * p) * cos (2 * p)) with (sin (2 * p)) by (field; lra).
      rewrite sin_2a.
      assert (slow : a * cos (2 * p) < 2 * cos p) by nra.
      apply (Rmult_lt_compat_l (sin p)) in slow; [lra | exact sine].
    - pose proof (atan_bound (a * sin p)). lra. }
  apply Rabs_lt_between. lra.
Qed.

(** T7, no overshoot: for 0 ≤ Δ‖h‖ ≤ 1 the angle keeps its sign. *)
Theorem no_overshoot (a p : R) : 0 <= a <= 1 -> 0 <= p <= PI -> 0 <= turned a p.
Proof.
  intros [low high] [p_low p_high]. unfold turned.
  assert (sine : 0 <= sin p) by now apply sin_ge_0.
  destruct (Rlt_or_le p (PI / 2)) as [small|large].
  - assert (a * sin p <= tan p) as below.
    { assert (cosine : 0 < cos p) by (apply cos_gt_0; lra). pose proof (COS_bound p) as [_ top].
      unfold tan. apply (Rmult_le_reg_r (cos p)); [exact cosine|].
      replace (sin p / cos p * cos p) with (sin p) by (field; lra).
      assert (a * cos p <= 1) as less by nra.
      apply (Rmult_le_compat_l (sin p)) in less; [lra | exact sine]. }
    assert (atan (a * sin p) <= atan (tan p)).
    { destruct below as [less | ->]; [left; now apply atan_increasing | right; reflexivity]. }
    rewrite atan_tan in H by lra. lra.
  - pose proof (atan_bound (a * sin p)). lra.
Qed.

(** T7, too large a step: for Δ‖h‖ > 2 the resting point repels, every small enough angle
    grows. *)
Theorem large_step_repels (a : R) :
  2 < a -> exists small, 0 < small /\ forall p, 0 < p < small -> p < Rabs (turned a p).
Proof.
  intros large.
  assert (slope : is_derive (fun p => atan (a * sin p) - 2 * p) 0 (a - 2)).
  { auto_derive; [easy|]. rewrite sin_0, cos_0. field. }
  apply is_derive_Reals in slope. destruct (slope (a - 2)) as [[small sign] close]; [lra|].
  exists small. split; [exact sign|]. intros p [low high]. simpl in close.
  specialize (close p). rewrite Rplus_0_l, sin_0, Rmult_0_r, atan_0, Rabs_right in close by lra.
  specialize (close ltac:(lra) high). apply Rabs_lt_between in close.
  assert (steep : 0 < (atan (a * sin p) - 2 * p - (0 - 2 * 0)) / p) by lra.
  apply (Rmult_lt_compat_r p) in steep; [|exact low].
  replace ((atan (a * sin p) - 2 * p - (0 - 2 * 0)) / p * p)
    with (atan (a * sin p) - 2 * p) in steep by (field; lra).
  unfold turned. rewrite Rabs_left1; lra.
Qed.

(** The angles after 0, 1, 2, ... steps, from the angle [p]. *)
Fixpoint angles (a p : R) (m : nat) : R :=
  match m with
  | O => p
  | S m => Rabs (turned a (angles a p m))
  end.

Lemma turned_continuous a p : continuity_pt (turned a) p.
Proof.
  apply derivable_continuous_pt, ex_derive_Reals_0. unfold turned. auto_derive. easy.
Qed.

(** For 0 < a < 2 the angles fall to zero from anywhere but the antipole. *)
Lemma angles_vanish (a p : R) : 0 < a < 2 -> 0 <= p < PI -> is_lim_seq (angles a p) 0.
Proof.
  intros step start.
  assert (still : turned a 0 = 0) by (unfold turned; rewrite sin_0, Rmult_0_r, atan_0; ring).
  assert (falls : forall q, 0 <= q < PI -> 0 <= Rabs (turned a q) <= q).
  { intros q [[low|none] high]; [|rewrite <- none, still, Rabs_R0; lra].
    pose proof (angle_shrinks a q step (conj low high)). pose proof (Rabs_pos (turned a q)). lra. }
  assert (range : forall m, 0 <= angles a p m <= p).
  { induction m as [|m IH]; simpl; [lra|]. specialize (falls (angles a p m) ltac:(lra)). lra. }
  assert (limit : is_lim_seq (angles a p) (real (Lim_seq (angles a p)))).
  { apply Lim_seq_correct', (ex_finite_lim_seq_decr _ 0); intros m; [|apply range].
    simpl. apply falls. specialize (range m). lra. }
  set (l := real (Lim_seq (angles a p))) in *.
  assert (l_range : 0 <= l <= p).
  { split.
    - apply (is_lim_seq_le (fun _ => 0) (angles a p) 0 l); [apply range | | exact limit].
      apply is_lim_seq_const.
    - apply (is_lim_seq_le (angles a p) (fun _ => p) l p); [apply range | exact limit |].
      apply is_lim_seq_const. }
  assert (fixed : Rabs (turned a l) = l).
  { assert (next : is_lim_seq (fun m => angles a p (S m)) (Rabs (turned a l))).
    { simpl. apply (is_lim_seq_continuous (fun q => Rabs (turned a q))); [|exact limit].
      apply (continuity_pt_comp (turned a) Rabs); [apply turned_continuous|].
      apply Rcontinuity_abs. }
    apply is_lim_seq_incr_1 in limit.
    apply is_lim_seq_unique in next, limit. rewrite limit in next. now injection next. }
  destruct l_range as [[positive|zero] top]; [|now rewrite zero].
  pose proof (angle_shrinks a l step ltac:(lra)). lra.
Qed.

(** The states after 0, 1, 2, ... steps of projected Euler, from the state [x]. *)
Fixpoint orbit (d : nat) (D : R) (h x : vec) (m : nat) : vec :=
  match m with
  | O => x
  | S m => euler_step d D h (orbit d D h x m)
  end.

(** T7, settling: for 0 < Δ‖h‖ < 2 the steps take every start but −ĥ to ĥ. *)
Theorem steps_settle (d : nat) (D : R) (h x : vec) :
  ~ same d h origin -> unit_vector d x -> ~ same d x (scale (-1) (direction d h)) ->
  0 < D * norm d h < 2 ->
  is_lim_seq (fun m => norm d (sub (orbit d D h x m) (direction d h))) 0.
Proof.
  intros driven on_sphere away step. pose proof (drive_positive h driven) as some.
  pose proof (direction_unit h some) as unit. set (hat := direction d h) in *.
  set (c := dot d x hat). set (a := D * norm d h) in *.
  assert (range : -1 <= c <= 1).
  { pose proof (cauchy_schwarz (d := d) x hat) as cs. rewrite on_sphere, unit in cs.
    fold c in cs. nra. }
  assert (not_antipole : c <> -1).
  { intros e. apply away, same_by_distance. rewrite dot_difference, on_sphere.
    rewrite !dot_scale_r, dot_scale_l, unit. fold c. rewrite e. ring. }
  assert (start : 0 <= acos c < PI).
  { pose proof (acos_bound c) as [low high]. split; [exact low|].
    destruct high as [less|e]; [exact less|]. exfalso. apply not_antipole.
    rewrite <- (cos_acos c range), e. apply cos_PI. }
  assert (follows : forall m, unit_vector d (orbit d D h x m) /\
            dot d (orbit d D h x m) hat = cos (angles a (acos c) m)).
  { induction m as [|m [on_m at_m]]; simpl.
    - split; [exact on_sphere|]. symmetry. now apply cos_acos.
    - destruct (step_turns_angle d D h _ _ driven on_m at_m) as [on_next at_next].
      split; [exact on_next|]. fold hat a in at_next. rewrite at_next.
      unfold Rabs. destruct Rcase_abs; [now rewrite cos_neg | reflexivity]. }
  pose proof (angles_vanish a (acos c) step start) as vanish.
  apply (is_lim_seq_ext (fun m => sqrt (2 - 2 * cos (angles a (acos c) m)))).
  - intros m. destruct (follows m) as [on_m at_m]. unfold norm. f_equal.
    rewrite dot_difference, on_m, at_m, unit. ring.
  - replace (Finite 0) with (Finite (sqrt (2 - 2 * cos 0))) by
      (rewrite cos_0, Rmult_1_r, Rminus_diag_eq, sqrt_0; reflexivity).
    apply (is_lim_seq_continuous (fun q => sqrt (2 - 2 * cos q))); [|exact vanish].
    apply (continuity_pt_comp (fun q => 2 - 2 * cos q) sqrt).
    + apply derivable_continuous_pt, ex_derive_Reals_0. auto_derive. easy.
    + apply continuity_pt_sqrt. rewrite cos_0. lra.
Qed.
