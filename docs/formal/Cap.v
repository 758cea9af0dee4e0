(** * T6b: a certified cap, on every device

    Oscillators x_i' = A_i x_i + P_i (h_i + sum_k J_ik x_k + w_i(t)), P_i the projection across
    x_i, feel natural frequencies A_i, any crosstalk J, and a disturbance w_i(t) of norm at most
    e_i that may change with time: what a device adds to its design. Around any centre of unit
    vectors y_i, the cap of half-angle u holds the states with all angles to y_i below 2u. Where
    2 sin u (l_i cos u - a_i sin u - s_i) exceeds the residual and e_i, no state leaves it. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Lift Contraction Comparison.
Open Scope R_scope.

(** The motion of the network on [[0, T]], with the disturbances [w]. *)
Definition network_moves (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h : state)
    (w X : R -> state) (T : R) : Prop :=
  forall i, (i < n)%nat ->
  moves d T (fun t => X t i)
    (fun t => turning_velocity d (A i) (add (felt n J h (X t) i) (w t i)) (X t i)).

(** Of the centre: what is felt there, its part l_i along y_i, a_i = |A_i y_i|, and the rest. *)
Definition level (n d : nat) (J : nat -> nat -> R) (h Y : state) (i : nat) : R :=
  dot d (felt n J h Y i) (Y i).
Definition turning (d : nat) (A : nat -> matrix) (Y : state) (i : nat) : R :=
  norm d (image d (A i) (Y i)).
Definition residual (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state)
    (i : nat) : R :=
  norm d (turning_velocity d (A i) (felt n J h Y i) (Y i)).

(** How fast the cap of half-angle u pulls oscillator i inwards, at least:
    2 sin u (l_i cos u - a_i sin u - s_i) - |residual| - e_i. *)
Definition pull (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state)
    (e : nat -> R) (u : R) (i : nat) : R :=
  2 * sin u * (level n d J h Y i * cos u - turning d A Y i * sin u - row_sum n J i)
  - residual n d A J h Y i - e i.

(** All angles to the centre are below 2u. *)
Definition in_cap (n d : nat) (Y X : state) (u : R) : Prop :=
  forall i, (i < n)%nat -> cos (2 * u) < dot d (X i) (Y i).

(** One oscillator at the angle 2u from y, with the drive p where the centre has g. *)
Lemma inward_speed (d : nat) (A : matrix) (g y x p : vec) (u E : R) :
  skew d A -> unit_vector d x -> unit_vector d y -> 0 <= u <= PI / 2 ->
  dot d x y = cos (2 * u) -> norm d (sub p g) <= E ->
  2 * sin u * cos u *
    (2 * sin u * (dot d g y * cos u - norm d (image d A y) * sin u)
     - norm d (turning_velocity d A g y) - E)
  <= dot d (turning_velocity d A p x) y.
Proof.
  intros turns on_x on_y range angle near.
  pose proof (sin2_cos2 u) as circle. unfold Rsqr in circle.
  assert (sine : 0 <= sin u) by (apply sin_ge_0; lra).
  assert (cosine : 0 <= cos u) by (apply cos_ge_0; lra).
  rewrite cos_2a in angle. set (c := dot d x y) in *.
  assert (double : 1 - c = 2 * (sin u * sin u)) by lra.
  (* The parts of x across y and of y across x have the length S = sin 2u. *)
  set (S := 2 * sin u * cos u). assert (S_sign : 0 <= S) by (unfold S; nra).
  assert (S2 : S * S = 1 - c * c).
  { unfold S. replace (1 - c * c) with ((1 - c) * (2 - (1 - c))) by ring. rewrite double.
    replace (2 - 2 * (sin u * sin u)) with (2 * (cos u * cos u)) by lra. ring. }
  assert (across : norm d (sub x (scale c y)) <= S /\ norm d (sub y (scale c x)) <= S).
  { split; apply norm_le; try exact S_sign;
      rewrite S2, dot_difference, !dot_scale_r, dot_scale_l, on_x, on_y.
    - fold c. lra.
    - rewrite (dot_comm y x). fold c. lra. }
  set (z := sub x (scale c y)) in *. set (z' := sub y (scale c x)) in *.
  set (l := dot d g y). set (Ay := image d A y). set (f := turning_velocity d A g y).
  assert (y_Ay : dot d y Ay = 0) by now apply skew_orthogonal.
  assert (f_dot : forall v, dot d v f = dot d v Ay + dot d v g - l * dot d v y).
  { intros v. unfold f, turning_velocity. rewrite dot_sub_r, dot_add_r, dot_scale_r.
    reflexivity. }
  assert (z_Ay : dot d x Ay = dot d z Ay).
  { unfold z. rewrite dot_sub_l, dot_scale_l, y_Ay. ring. }
  assert (z_f : dot d x f = dot d z f).
  { unfold z. rewrite dot_sub_l, dot_scale_l, (f_dot y), y_Ay, on_y, (dot_comm y g). fold l.
    ring. }
  assert (speed : dot d (turning_velocity d A p x) y
            = (1 - c * c) * l - (1 - c) * dot d z Ay - c * dot d z f + dot d (sub p g) z').
  { unfold turning_velocity, z' at 1. rewrite <- z_Ay, <- z_f, f_dot. fold c.
    rewrite !dot_sub_l, dot_add_l, !dot_sub_r, !dot_scale_r, !dot_scale_l. fold c l.
    pose proof (skew_moves_over A turns x y) as over. fold Ay in over.
    rewrite (dot_comm x g). lra. }
  rewrite speed.
  assert (bound : forall v b q, norm d v <= b -> 0 <= b -> dot d v q <= b * norm d q
                                /\ - (b * norm d q) <= dot d v q).
  { intros v b q short sign. pose proof (dot_le_norms (d := d) v q).
    pose proof (dot_ge_norms (d := d) v q). pose proof (norm_nonneg (d := d) q). split; nra. }
  destruct across as [z_short z'_short].
  pose proof (bound z S Ay z_short S_sign) as [Ay_high _].
  pose proof (bound z S f z_short S_sign) as [f_high f_low].
  assert (E_sign : 0 <= E) by (pose proof (norm_nonneg (d := d) (sub p g)); lra).
  pose proof (bound (sub p g) E z' near E_sign) as [_ e_low].
  assert (e_low' : - (E * S) <= dot d (sub p g) z') by nra.
  assert (c_range : -1 <= c <= 1) by nra.
  pose proof (norm_nonneg (d := d) f).
  assert (f_part : c * dot d z f <= S * norm d f) by (destruct (Rle_or_lt 0 c); nra).
  assert (Ay_part : (1 - c) * dot d z Ay <= (1 - c) * (S * norm d Ay)).
  { apply Rmult_le_compat_l; lra. }
  rewrite <- S2. rewrite double in *. fold l Ay f.
  replace (S * (2 * sin u * (l * cos u - norm d Ay * sin u) - norm d f - E))
    with (S * S * l - 2 * (sin u * sin u) * (S * norm d Ay) - S * norm d f - E * S)
    by (unfold S; ring).
  lra.
Qed.

Section Cap.
Context {n d : nat} (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state) (e : nat -> R).
Variables (T : R) (w X : R -> state).
Hypothesis A_skew : forall i, (i < n)%nat -> skew d (A i).
Hypothesis centre : forall i, (i < n)%nat -> unit_vector d (Y i).
Hypothesis motion : network_moves n d A J h w X T.
Hypothesis on_spheres : forall t, 0 <= t <= T -> forall i, (i < n)%nat -> unit_vector d (X t i).
Hypothesis disturbance : forall t, 0 <= t <= T -> forall i, (i < n)%nat -> norm d (w t i) <= e i.

Lemma cosine_slope i t :
  (i < n)%nat -> 0 <= t <= T ->
  is_derive (fun t => dot d (X t i) (Y i)) t
    (dot d (turning_velocity d (A i) (add (felt n J h (X t) i) (w t i)) (X t i)) (Y i)).
Proof.
  intros small inside. apply (is_derive_dot_fixed d (fun t => X t i)).
  apply (motion i small t inside).
Qed.

(** At the edge of a cap that holds everything, each oscillator is pulled in. *)
Lemma edge_speed i t u :
  (i < n)%nat -> 0 <= t <= T -> 0 <= u <= PI / 2 ->
  (forall k, (k < n)%nat -> cos (2 * u) <= dot d (X t k) (Y k)) ->
  dot d (X t i) (Y i) = cos (2 * u) ->
  2 * sin u * cos u * pull n d A J h Y e u i
  <= dot d (turning_velocity d (A i) (add (felt n J h (X t) i) (w t i)) (X t i)) (Y i).
Proof.
  intros small inside range within edge.
  assert (sine : 0 <= sin u) by (apply sin_ge_0; lra).
  assert (chords : forall k, (k < n)%nat -> norm d (sub (X t k) (Y k)) <= 2 * sin u).
  { intros k less. apply norm_le; [lra|].
    rewrite dot_difference, (on_spheres t inside k less), (centre k less).
    specialize (within k less). rewrite cos_2a in within.
    pose proof (sin2_cos2 u) as circle. unfold Rsqr in circle. lra. }
  eapply Rle_trans; [|apply (inward_speed d (A i) (felt n J h Y i) (Y i) (X t i) _ u
    (row_sum n J i * (2 * sin u) + e i)); auto].
  - right. unfold pull, level, turning, residual. ring.
  - rewrite (norm_ext _ (add (fun c => total n (fun k => J i k * sub (X t k) (Y k) c)) (w t i))).
    2:{ intros c _. unfold felt, heard, sub, add.
        rewrite (total_ext n (fun k => J i k * (X t k c - Y k c))
          (fun k => J i k * X t k c - J i k * Y k c)) by (intros; ring).
        rewrite total_minus. ring. }
    eapply Rle_trans; [apply norm_triangle|]. apply Rplus_le_compat.
    + now apply (weighted_sum_bound n (J i) (fun k => sub (X t k) (Y k))).
    + now apply disturbance.
Qed.

(** T6b, the cap shrinks: if every half-angle u from v − r T to v pulls inwards, 2 sin u (ℓ_i cos
    u − a_i sin u − s_i) − ‖f_i‖ − e_i > 2r for all i, a state inside the cap of half-angle v is
    at every time t inside the cap of half-angle v − r t, on every device with disturbances of at
    most e_i. *)
Theorem cap_shrinks (v r : R) :
  0 <= r -> 0 < v - r * T -> v < PI / 2 ->
  (forall u, v - r * T <= u <= v -> forall i, (i < n)%nat -> 2 * r < pull n d A J h Y e u i) ->
  in_cap n d Y (X 0) v ->
  forall t, 0 <= t <= T -> in_cap n d Y (X t) (v - r * t).
Proof.
  intros speed low high pulls start t time i small.
  assert (range : forall s, 0 <= s <= T -> v - r * T <= v - r * s <= v) by (intros; nra).
  apply Rminus_gt_0_lt, Rlt_gt.
  apply (stay_positive n T (fun i s => dot d (X s i) (Y i) - cos (2 * (v - r * s)))
    (fun i s => dot d (turning_velocity d (A i) (add (felt n J h (X s) i) (w s i)) (X s i)) (Y i)
                - 2 * r * sin (2 * (v - r * s)))); try assumption.
  - intros k less s inside.
    assert (edge : is_derive (fun s => cos (2 * (v - r * s))) s (2 * r * sin (2 * (v - r * s)))).
    { auto_derive; [easy|]. unfold Rminus. ring. }
    apply (is_derive_minus (V := R_NormedModule)); [now apply cosine_slope | exact edge].
  - intros k less. rewrite Rmult_0_r, Rminus_0_r. specialize (start k less). lra.
  - intros s inside within k less edge. specialize (range s inside).
    set (u := v - r * s) in *.
    assert (sine : 0 < sin u) by (apply sin_gt_0; lra).
    assert (cosine : 0 < cos u) by (apply cos_gt_0; lra).
    pose proof (edge_speed k s u less inside ltac:(lra)) as moved.
    specialize (moved ltac:(intros j few; specialize (within j few); lra) ltac:(lra)).
    specialize (pulls u range k less). rewrite sin_2a.
    assert (0 < 2 * sin u * cos u) by (repeat apply Rmult_lt_0_compat; lra).
    apply (Rmult_lt_compat_l (2 * sin u * cos u)) in pulls; [lra | easy].
Qed.

(** T6b, the cap holds: where 2 sin u (ℓ_i cos u − a_i sin u − s_i) > ‖f_i‖ + e_i for all i, no
    state leaves the cap of half-angle u, on any device with disturbances of at most e_i. *)
Theorem cap_holds (v : R) :
  0 < v < PI / 2 -> (forall i, (i < n)%nat -> 0 < pull n d A J h Y e v i) ->
  in_cap n d Y (X 0) v -> forall t, 0 <= t <= T -> in_cap n d Y (X t) v.
Proof.
  intros range pulls start t time.
  replace v with (v - 0 * t) by ring. apply cap_shrinks; try lra; [|exact start].
  intros u narrow i small. replace u with v by lra. rewrite Rmult_0_r. now apply pulls.
Qed.
End Cap.

(** T6b, two half-angles suffice: if the caps of half-angles b and c pull inwards by more than m,
    so does every cap between them, for ℓ_i ≥ 0. *)
Theorem ends_suffice (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state)
    (e : nat -> R) (i : nat) (b c m : R) :
  0 <= level n d J h Y i -> 0 <= b -> c < PI / 2 ->
  m < pull n d A J h Y e b i -> m < pull n d A J h Y e c i ->
  forall u, b <= u <= c -> m < pull n d A J h Y e u i.
Proof.
  intros l_sign b_low c_high at_b at_c u range. unfold pull in *.
  set (l := level n d J h Y i) in *. set (a := turning d A Y i) in *.
  set (s := row_sum n J i) in *. set (q := residual n d A J h Y i) in *.
  assert (a_sign : 0 <= a) by apply norm_nonneg.
  pose (f := fun u => 2 * sin u * (l * cos u - a * sin u - s) - q - e i).
  pose (D := fun u => l * (2 * cos u - / cos u) - 2 * a * sin u - s).
  assert (cosine : forall u, b <= u <= c -> 0 < cos u) by (intros; apply cos_gt_0; lra).
  assert (slope : forall u, b <= u <= c -> is_derive f u (2 * cos u * D u)).
  { intros v inside. specialize (cosine v inside). unfold f, D.
    pose proof (sin2_cos2 v) as circle. unfold Rsqr in circle.
    auto_derive; [easy|].
    replace (2 * cos v * (l * (2 * cos v - / cos v) - 2 * a * sin v - s))
      with (2 * l * (2 * (cos v * cos v) - 1) - 4 * a * sin v * cos v - 2 * s * cos v)
      by (field; lra).
    replace (2 * (cos v * cos v) - 1) with (cos v * cos v - sin v * sin v) by lra. ring. }
  (* The slope's sign changes from plus to minus at most once, as D falls. *)
  assert (falls : forall v w, b <= v -> v <= w -> w <= c -> D w <= D v).
  { intros v w v_low order w_high. unfold D.
    pose proof (cosine v ltac:(lra)). pose proof (cosine w ltac:(lra)).
    assert (cos w <= cos v) by (apply cos_decr_1; lra).
    assert (/ cos v <= / cos w) by now apply Rinv_le_contravar.
    assert (sin v <= sin w) by (apply sin_incr_1; lra). nra. }
  assert (mean : forall v w, b <= v -> v <= w -> w <= c ->
            exists x, v <= x <= w /\ f w - f v = 2 * cos x * D x * (w - v)).
  { intros v w v_low order w_high.
    destruct (MVT_gen f v w (fun x => 2 * cos x * D x)) as [x [inside e_mean]].
    - intros x. rewrite Rmin_left, Rmax_right by lra. intros inside. apply slope. lra.
    - intros x. rewrite Rmin_left, Rmax_right by lra. intros inside.
      apply continuity_pt_filterlim.
      apply (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)).
      eexists. apply slope. lra.
    - rewrite Rmin_left, Rmax_right in inside by lra. now exists x. }
  change (m < f u). change (m < f b) in at_b. change (m < f c) in at_c.
  destruct (Rle_or_lt 0 (D u)) as [rising|falling].
  - destruct (mean b u) as [x [inside e_mean]]; try lra.
    pose proof (falls x u ltac:(lra) ltac:(lra) ltac:(lra)).
    pose proof (cosine x ltac:(lra)).
    assert (0 <= 2 * cos x * D x * (u - b)) by (repeat apply Rmult_le_pos; lra). lra.
  - destruct (mean u c) as [x [inside e_mean]]; try lra.
    pose proof (falls u x ltac:(lra) ltac:(lra) ltac:(lra)).
    pose proof (cosine x ltac:(lra)).
    assert (0 <= 2 * cos x * (- D x) * (c - u)) by (repeat apply Rmult_le_pos; lra). lra.
Qed.
