(** * T5: the locked oscillator

    A locked oscillator x' = A x + h - <h, x> x, A skew, rests at two unit vectors: one with
    level l > 0, where (l - A) x = h, and one with level -l. The ratio of the distances to them
    decays exactly as e^(-l t). The norm of the resolvent falls strictly with the level, so l is
    the only positive one; and an interior point y with A y = -h excludes locking altogether. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Lift.
Open Scope R_scope.

Section Locking.
Context {d : nat} (A : matrix) (h : vec).
Hypothesis A_skew : skew d A.

(** T5, the resolvent decreases: if (λ − A)y = h and (μ − A)z = h with 0 ≤ λ < μ, then ‖z‖ < ‖y‖,
    for h ≠ 0. *)
Theorem resolvent_decreases (a b : R) (y z : vec) :
  ~ same d h origin -> 0 <= a < b -> resolves d A h a y -> resolves d A h b z ->
  dot d z z < dot d y y.
Proof.
  intros driven [a_sign order] solves_y solves_z. set (w := sub y z).
  assert (gap : same d (sub (scale a w) (image d A w)) (scale (b - a) z)).
  { intros i small. pose proof (solves_y i small) as ey. pose proof (solves_z i small) as ez.
    assert (linear : image d A w i = image d A y i - image d A z i).
    { unfold image. rewrite <- total_minus. apply total_ext; intros.
      unfold w, sub. ring. }
    unfold sub, scale in *. rewrite linear. unfold w, sub. lra. }
  assert (level : a * dot d w w = (b - a) * dot d w z).
  { rewrite <- (dot_scale_r (b - a)), <- (dot_ext w w _ _ (fun i _ => eq_refl) gap).
    rewrite dot_sub_r, dot_scale_r, (skew_orthogonal A A_skew). ring. }
  assert (split : dot d y y = dot d z z + 2 * dot d w z + dot d w w).
  { unfold w. rewrite !dot_sub_l, !dot_sub_r, (dot_comm z y). ring. }
  pose proof (dot_nonneg (d := d) w) as w_sign.
  assert (0 <= dot d w z) by nra.
  destruct w_sign as [w_sign|none]; [lra|]. exfalso.
  (* Equal points would solve both equations, so be zero, and so would h. *)
  apply driven. pose proof (same_by_distance y z (eq_sym none)) as equal.
  assert (z_zero : same d z origin).
  { intros i small. pose proof (gap i small) as e. pose proof (dot_self_zero w (eq_sym none)) as wz.
    unfold sub, scale, image in e.
    rewrite (total_ext d _ (fun _ => 0)), total_zero, (wz i small) in e by
      (intros j less; rewrite (wz j less); unfold origin; ring).
    unfold origin in *. nra. }
  intros i small. rewrite <- (solves_z i small). unfold sub, scale, image.
  rewrite (total_ext d _ (fun _ => 0)), total_zero, (z_zero i small) by
    (intros j less; rewrite (z_zero j less); unfold origin; ring).
  unfold origin. ring.
Qed.

(** T5, one level: at most one λ > 0 has ‖(λ − A)⁻¹h‖ = 1. *)
Theorem level_is_unique (a b : R) (y z : vec) :
  ~ same d h origin -> 0 < a -> 0 < b ->
  resolves d A h a y -> resolves d A h b z -> unit_vector d y -> unit_vector d z -> a = b.
Proof.
  intros driven a_sign b_sign solves_y solves_z on_y on_z.
  destruct (Rtotal_order a b) as [less|[equal|more]]; [|exact equal|]; exfalso.
  - pose proof (resolvent_decreases a b y z driven ltac:(lra) solves_y solves_z).
    unfold unit_vector in *. lra.
  - pose proof (resolvent_decreases b a z y driven ltac:(lra) solves_z solves_y).
    unfold unit_vector in *. lra.
Qed.

(** T5, no lock: if Ay = −h ≠ 0 for some y with ‖y‖ ≤ 1, no resting point x has a positive level
    ⟨h, x⟩. *)
Theorem interior_point_excludes_locking (y x : vec) :
  ~ same d h origin -> same d (image d A y) (scale (-1) h) -> dot d y y <= 1 ->
  unit_vector d x -> same d (turning_velocity d A h x) origin -> dot d h x <= 0.
Proof.
  intros driven fixed inside on_sphere rest.
  apply (rest_is_resolvent A h x on_sphere) in rest. destruct rest as [l [solves level]].
  destruct (Rle_or_lt (dot d h x) 0) as [fine|positive]; [exact fine|]. exfalso.
  assert (at_zero : resolves d A h 0 y).
  { intros i small. pose proof (fixed i small) as e. unfold sub, scale in *. lra. }
  pose proof (resolvent_decreases 0 l y x driven ltac:(lra) at_zero solves).
  unfold unit_vector in *. lra.
Qed.

Section Solution.
Variables (T : R) (x : R -> vec).
Hypothesis motion : turns d A h T x.
Hypothesis start : unit_vector d (x 0).

(** T5, the sphere: a solution that starts on it stays on it, whatever the frequencies. *)
Theorem sphere_is_kept (t : R) : 0 <= t <= T -> unit_vector d (x t).
Proof.
  intros time.
  apply (stays_on_sphere d T x (fun s => turning_velocity d A h (x s)) (fun s => dot d (x s) h));
    try easy.
  - intros s inside. apply continuity_pt_filterlim.
    apply (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)).
    eexists. apply is_derive_dot_fixed, motion, inside.
  - intros s inside. unfold turning_velocity.
    rewrite dot_sub_r, dot_add_r, dot_scale_r, (skew_orthogonal A A_skew), (dot_comm h). ring.
Qed.

(** Along a solution the gap p = 1 - <x, w> to a resting point w of level m obeys
    p' = -(m + <h, x>) p. *)
Lemma gap_law (m : R) (w : vec) (s : R) :
  resolves d A h m w -> unit_vector d w -> 0 <= s <= T ->
  is_derive (fun u => 1 - dot d (x u) w) s (- (m + dot d h (x s)) * (1 - dot d (x s) w)).
Proof.
  intros solves on_sphere inside. evar_last.
  - apply (is_derive_minus (V := R_NormedModule)).
    + apply (is_derive_const (V := R_NormedModule)).
    + apply is_derive_dot_fixed, motion, inside.
  - unfold minus, plus, opp, Hierarchy.zero; simpl. unfold turning_velocity.
    rewrite dot_sub_l, dot_add_l, dot_scale_l, (resolves_level A h A_skew m w solves on_sphere).
    assert (turn : dot d (x s) (image d A w) = m * dot d (x s) w - dot d (x s) h).
    { rewrite <- (dot_ext (x s) (x s) _ _ (fun i _ => eq_refl) solves).
      rewrite dot_sub_r, dot_scale_r. ring. }
    rewrite (skew_moves_over A A_skew) in turn. rewrite (dot_comm h (x s)). lra.
Qed.

Variables (l : R) (attractor repeller : vec).
Hypothesis attractor_rests : resolves d A h l attractor.
Hypothesis attractor_unit : unit_vector d attractor.
Hypothesis repeller_rests : resolves d A h (- l) repeller.
Hypothesis repeller_unit : unit_vector d repeller.

(** T5, the ratio law: ‖x(t) − x₊‖ ‖x(0) − x₋‖ = e^(−λt) ‖x(0) − x₊‖ ‖x(t) − x₋‖, for the resting
    points x₊ of level λ and x₋ of level −λ. *)
Theorem ratio_law (t : R) :
  0 <= t <= T ->
  norm d (sub (x t) attractor) * norm d (sub (x 0) repeller)
    = exp (- (l * t)) * (norm d (sub (x 0) attractor) * norm d (sub (x t) repeller)).
Proof.
  intros time.
  pose (p := fun s => 1 - dot d (x s) attractor). pose (q := fun s => 1 - dot d (x s) repeller).
  assert (law : p t * q 0 * exp (2 * l * t) = p 0 * q t).
  { apply Rminus_diag_uniq.
    destruct (continuity_ab_maj (fun s => Rabs (l - dot d (x s) h)) 0 T) as [top [most _]];
      [lra| |].
    { intros s inside. apply (continuity_pt_comp (fun s => l - dot d (x s) h) Rabs);
        [|apply Rcontinuity_abs].
      apply continuity_pt_minus; [now apply continuity_pt_const|].
      apply continuity_pt_filterlim, (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)).
      eexists. apply is_derive_dot_fixed, motion, inside. }
    apply (stays_zero (fun s => p s * q 0 * exp (2 * l * s) - p 0 * q s)
             (fun s => l - dot d (x s) h) (Rabs (l - dot d (x top) h)) T); try easy.
    - rewrite Rmult_0_r, exp_0. ring.
    - assert (slope : forall (f g : R -> R) (f0 g0 s v w : R),
        is_derive f s v -> is_derive g s w ->
        is_derive (fun s => f s * g0 * exp (2 * l * s) - f0 * g s) s
          ((v + 2 * l * f s) * g0 * exp (2 * l * s) - f0 * w)).
      { intros f g f0 g0 s v w df dg.
        auto_derive; [repeat split; solve [now exists v | now exists w]|].
        change (fun u : R => f u) with f. change (fun u : R => g u) with g.
        rewrite (is_derive_unique _ _ _ df), (is_derive_unique _ _ _ dg). ring. }
      intros s inside. evar_last.
      + apply slope; [apply gap_law with (m := l) | apply gap_law with (m := - l)]; easy.
      + unfold p, q. rewrite (dot_comm h). ring. }
  assert (chord : forall s w, 0 <= s <= T -> unit_vector d w ->
            dot d (sub (x s) w) (sub (x s) w) = 2 * (1 - dot d (x s) w)).
  { intros s w inside on_w. rewrite dot_difference, (sphere_is_kept s inside), on_w. ring. }
  apply Rsqr_inj.
  - apply Rmult_le_pos; apply norm_nonneg.
  - apply Rmult_le_pos; [apply Rlt_le, exp_pos|]. apply Rmult_le_pos; apply norm_nonneg.
  - unfold Rsqr.
    assert (regroup : forall a b, a * b * (a * b) = (a * a) * (b * b)) by (intros; ring).
    rewrite !regroup, !norm_square, !chord, <- exp_plus by (easy || lra).
    fold (p t) (p 0) (q t) (q 0).
    replace (2 * p 0 * (2 * q t)) with (4 * (p 0 * q t)) by ring. rewrite <- law.
    replace (exp (- (l * t) + - (l * t)) * (4 * (p t * q 0 * exp (2 * l * t))))
      with (4 * (p t * q 0) * (exp (- (l * t) + - (l * t)) * exp (2 * l * t))) by ring.
    rewrite <- exp_plus. replace (- (l * t) + - (l * t) + 2 * l * t) with 0 by ring.
    rewrite exp_0. ring.
Qed.

(** T5, attraction: every start but x₋ reaches x₊ exponentially, ‖x(t) − x₊‖ ≤ 2‖x(0) − x₊‖/‖x(0)
    − x₋‖ · e^(−λt). *)
Theorem attractor_attracts (t : R) :
  0 <= t <= T -> ~ same d (x 0) repeller ->
  norm d (sub (x t) attractor)
    <= 2 * (norm d (sub (x 0) attractor) / norm d (sub (x 0) repeller)) * exp (- (l * t)).
Proof.
  intros time away. pose proof (ratio_law t time) as law.
  assert (positive : 0 < norm d (sub (x 0) repeller)).
  { apply sqrt_lt_R0.
    destruct (dot_nonneg (d := d) (sub (x 0) repeller)) as [yes|no]; [easy|].
    exfalso. apply away, same_by_distance. easy. }
  assert (chord : norm d (sub (x t) repeller) <= 2).
  { apply norm_le; [lra|]. pose proof (sphere_is_kept t time) as on_x.
    rewrite dot_difference, on_x, repeller_unit.
    pose proof (cauchy_schwarz (d := d) (x t) repeller) as cs.
    rewrite on_x, repeller_unit in cs. nra. }
  apply (Rmult_le_reg_r (norm d (sub (x 0) repeller))); [exact positive|]. rewrite law.
  replace (2 * (norm d (sub (x 0) attractor) / norm d (sub (x 0) repeller)) * exp (- (l * t))
           * norm d (sub (x 0) repeller))
    with (exp (- (l * t)) * (norm d (sub (x 0) attractor) * 2)) by (field; lra).
  apply Rmult_le_compat_l; [apply Rlt_le, exp_pos|].
  apply Rmult_le_compat_l; [apply norm_nonneg | exact chord].
Qed.
End Solution.
End Locking.
