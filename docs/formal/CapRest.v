(** * T6b: the resting point of a cap

    In a cap that holds, and in which every oscillator feels more than s_i + r along itself, all
    motions approach each other. So a resting point in it is the only one there, and attracts the
    whole cap. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Lift Contraction Cap Approach.
Open Scope R_scope.

(** What an oscillator feels along itself inside the cap of half-angle u, at least:
    l_i cos 2u - (a_i + |residual|) sin 2u - 2 s_i sin u. *)
Definition hold (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state) (u : R)
    (i : nat) : R :=
  level n d J h Y i * cos (2 * u)
  - (turning d A Y i + residual n d A J h Y i) * sin (2 * u) - 2 * row_sum n J i * sin u.

(** Unit vectors at which the network is at rest. *)
Definition all_rest (n d : nat) (A : nat -> matrix) (J : nat -> nat -> R) (h Z : state) : Prop :=
  forall i, (i < n)%nat ->
  unit_vector d (Z i) /\ same d (turning_velocity d (A i) (felt n J h Z i) (Z i)) origin.

Lemma resting_stays n d (A : nat -> matrix) (J : nat -> nat -> R) (h Z : state) (T : R) :
  all_rest n d A J h Z -> network_moves n d A J h calm (fun _ => Z) T.
Proof.
  intros rests i small t _ c few. cbv beta. evar_last.
  - apply (is_derive_const (V := R_NormedModule)).
  - symmetry. etransitivity; [|exact (proj2 (rests i small) c few)].
    apply turning_velocity_ext; [|exact few]. intros k _. unfold add, calm, origin. ring.
Qed.

Section Cap.
Context {n d : nat} (A : nat -> matrix) (J : nat -> nat -> R) (h Y : state) (u r : R).
Hypothesis A_skew : forall i, (i < n)%nat -> skew d (A i).
Hypothesis centre : forall i, (i < n)%nat -> unit_vector d (Y i).
Hypothesis narrow : 0 < u <= PI / 4.
Hypothesis pulls : forall i, (i < n)%nat -> 0 < pull n d A J h Y (fun _ => 0) u i.
Hypothesis holds : forall i, (i < n)%nat -> row_sum n J i + r < hold n d A J h Y u i.

Lemma felt_in_cap (X : state) i :
  (i < n)%nat -> (forall k, (k < n)%nat -> unit_vector d (X k)) -> in_cap n d Y X u ->
  hold n d A J h Y u i <= dot d (X i) (felt n J h X i).
Proof.
  intros small on_spheres inside.
  pose proof (pulls i small) as pull_i. unfold pull in pull_i. unfold hold.
  set (l := level n d J h Y i) in *. set (a := turning d A Y i) in *.
  set (q := residual n d A J h Y i) in *. set (s := row_sum n J i) in *.
  set (g := felt n J h Y i). set (x := X i). set (y := Y i).
  pose proof (on_spheres i small) as on_x. fold x in on_x.
  pose proof (centre i small) as on_y. fold y in on_y.
  assert (a_sign : 0 <= a) by apply norm_nonneg. assert (q_sign : 0 <= q) by apply norm_nonneg.
  assert (s_sign : 0 <= s) by apply row_sum_nonneg.
  assert (sine : 0 < sin u) by (apply sin_gt_0; lra).
  assert (cosine : 0 < cos u) by (apply cos_gt_0; lra).
  assert (l_sign : 0 < l).
  { apply Rnot_le_lt. intros negative.
    assert (l * cos u - a * sin u - s <= 0) by nra. nra. }
  assert (cos2 : 0 <= cos (2 * u)) by (apply cos_ge_0; lra).
  assert (sin2 : 0 <= sin (2 * u)) by (apply sin_ge_0; lra).
  pose proof (sin2_cos2 (2 * u)) as circle. unfold Rsqr in circle.
  pose proof (inside i small) as near. fold x y in near. set (c := dot d x y) in *.
  assert (c_high : c <= 1).
  { pose proof (cauchy_schwarz (d := d) x y) as cs. rewrite on_x, on_y in cs. fold c in cs. nra. }
  (* The part of x across y is at most sin 2u long. *)
  set (z := sub x (scale c y)).
  assert (z_short : norm d z <= sin (2 * u)).
  { apply norm_le; [exact sin2|]. unfold z.
    rewrite dot_difference, !dot_scale_r, dot_scale_l, on_x, on_y. fold c. nra. }
  set (Ay := image d (A i) y). set (f := turning_velocity d (A i) g y).
  assert (y_Ay : dot d y Ay = 0) by now apply skew_orthogonal, A_skew.
  assert (f_dot : forall v, dot d v f = dot d v Ay + dot d v g - l * dot d v y).
  { intros v. unfold f, turning_velocity. rewrite dot_sub_r, dot_add_r, dot_scale_r.
    reflexivity. }
  assert (along : dot d x g = dot d z f - dot d z Ay + l * c).
  { unfold z. rewrite !dot_sub_l, !dot_scale_l, y_Ay, !f_dot, y_Ay, on_y, (dot_comm y g).
    fold c. unfold l, level. fold g y. ring. }
  pose proof (dot_ge_norms (d := d) z f) as f_part.
  pose proof (dot_le_norms (d := d) z Ay) as Ay_part.
  change (norm d f) with q in f_part. change (norm d Ay) with a in Ay_part.
  (* The others are at most 2 sin u away from their centres. *)
  assert (rest : - (2 * s * sin u) <= dot d x (sub (felt n J h X i) g)).
  { eapply Rle_trans; [|apply dot_ge_norms]. rewrite (norm_unit x) by exact on_x.
    rewrite (norm_ext _ (fun c => total n (fun k => J i k * sub (X k) (Y k) c))).
    - assert (norm d (fun c => total n (fun k => J i k * sub (X k) (Y k) c)) <= s * (2 * sin u));
        [|lra].
      apply (weighted_sum_bound n (J i) (fun k => sub (X k) (Y k))). intros k less.
      apply norm_le; [lra|]. rewrite dot_difference, (on_spheres k less), (centre k less).
      specialize (inside k less). rewrite cos_2a in inside.
      pose proof (sin2_cos2 u) as unit. unfold Rsqr in unit. lra.
    - intros e _. unfold g, felt, heard, sub, add.
      rewrite (total_ext n (fun k => J i k * (X k e - Y k e))
        (fun k => J i k * X k e - J i k * Y k e)) by (intros; ring).
      rewrite total_minus. ring. }
  rewrite dot_sub_r, along in rest.
  assert (norm d z * q <= sin (2 * u) * q) by now apply Rmult_le_compat_r.
  assert (norm d z * a <= sin (2 * u) * a) by now apply Rmult_le_compat_r.
  assert (l * cos (2 * u) <= l * c) by (apply Rmult_le_compat_l; lra).
  lra.
Qed.

(** T6b, the cap's resting point attracts: in a cap of half-angle u ≤ 45° that pulls inwards and
    in which ℓ_i cos 2u − (a_i + ‖f_i‖) sin 2u − 2s_i sin u > s_i + r for all i, every motion that
    starts inside approaches a resting point inside as e^(−rt). *)
Theorem resting_point_attracts_cap (Z : state) (T D : R) (X : R -> state) :
  all_rest n d A J h Z -> in_cap n d Y Z u ->
  network_moves n d A J h calm X T ->
  (forall t, 0 <= t <= T -> forall i, (i < n)%nat -> unit_vector d (X t i)) ->
  in_cap n d Y (X 0) u ->
  0 <= D -> (forall i, (i < n)%nat -> norm d (sub (X 0 i) (Z i)) <= D) ->
  forall t, 0 <= t <= T -> forall i, (i < n)%nat ->
  norm d (sub (X t i) (Z i)) <= D * exp (- (r * t)).
Proof.
  intros rests z_inside moves on_spheres x_inside D_sign near.
  assert (stays : forall t, 0 <= t <= T -> in_cap n d Y (X t) u).
  { apply (cap_holds A J h Y (fun _ => 0) T calm X); try assumption; [|lra].
    intros t _ i _. unfold calm, norm. rewrite dot_zero_l, sqrt_0. lra. }
  apply (motions_approach A J h A_skew T r D X (fun _ => Z)); try assumption.
  - now apply resting_stays.
  - intros t inside i small. split; [now apply on_spheres|].
    eapply Rlt_le_trans; [now apply holds|]. apply felt_in_cap; auto.
  - intros t _ i small. split; [now apply rests|].
    eapply Rlt_le_trans; [now apply holds|]. apply felt_in_cap; auto.
    intros k less. now apply rests.
Qed.

(** T6b, one resting point at most: in such a cap, with r > 0, two resting points are the same. *)
Theorem one_rest_in_cap (Z W : state) :
  0 < r -> all_rest n d A J h Z -> all_rest n d A J h W ->
  in_cap n d Y Z u -> in_cap n d Y W u ->
  forall i, (i < n)%nat -> same d (W i) (Z i).
Proof.
  intros r_sign z_rests w_rests z_inside w_inside.
  set (D := distance n d W Z).
  assert (shrinks : D <= D * exp (- (r * 1))).
  { apply maximum_least.
    - apply Rmult_le_pos; [apply maximum_nonneg | apply Rlt_le, exp_pos].
    - intros i small.
      apply (resting_point_attracts_cap Z 1 D (fun _ => W)); try assumption; try lra.
      + now apply resting_stays.
      + intros t _ k less. now apply w_rests.
      + apply maximum_nonneg.
      + intros k less. exact (maximum_bound n (fun j => norm d (sub (W j) (Z j))) k less). }
  assert (less : exp (- (r * 1)) < exp 0) by (apply exp_increasing; lra). rewrite exp_0 in less.
  assert (D_sign : 0 <= D) by apply maximum_nonneg.
  assert (none : D <= 0) by nra.
  intros i small. apply same_by_distance. rewrite <- norm_square.
  pose proof (maximum_bound n (fun j => norm d (sub (W j) (Z j))) i small) as below.
  cbv beta in below. fold (distance n d W Z) D in below.
  pose proof (norm_nonneg (d := d) (sub (W i) (Z i))).
  replace (norm d (sub (W i) (Z i))) with 0 by lra. ring.
Qed.
End Cap.
