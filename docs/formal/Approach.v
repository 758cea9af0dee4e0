(** * T6: inside a cap all motions approach each other

    Two motions of one network whose oscillators feel more than s_i + r along themselves approach
    each other as e^(-r t), in the largest distance. In a cap that holds, that is so for all
    motions; so a resting point in it is the only one, and attracts the whole cap. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Lift Contraction Comparison Cap.
Open Scope R_scope.

(** No disturbance: a device with its own parameters. *)
Definition calm : R -> state := fun _ _ => origin.

Lemma turning_velocity_ext d (A : matrix) (p q x : vec) :
  same d p q -> same d (turning_velocity d A p x) (turning_velocity d A q x).
Proof.
  intros e i small. unfold turning_velocity, sub, add, scale.
  now rewrite (e i small), (dot_ext p q x x).
Qed.

Section Approach.
Context {n d : nat} (A : nat -> matrix) (J : nat -> nat -> R) (h : state).
Hypothesis A_skew : forall i, (i < n)%nat -> skew d (A i).

(** The squared distance of two oscillators under the drives p and q. *)
Lemma approach_speed i (x z p q : vec) (r D : R) :
  (i < n)%nat -> unit_vector d x -> unit_vector d z ->
  norm d (sub p q) <= row_sum n J i * D -> norm d (sub x z) = D ->
  row_sum n J i + r < dot d x p -> row_sum n J i + r < dot d z q -> 0 < D ->
  2 * dot d (sub x z) (sub (turning_velocity d (A i) p x) (turning_velocity d (A i) q z))
  < - (2 * r) * (D * D).
Proof.
  intros small on_x on_z near gap x_felt z_felt some.
  assert (square : dot d (sub x z) (sub x z) = D * D) by (now rewrite <- gap, norm_square).
  assert (chord : dot d x z = 1 - D * D / 2).
  { rewrite dot_difference, on_x, on_z in square. lra. }
  pose proof (dot_le_norms (d := d) (sub x z) (sub p q)) as push. rewrite gap in push.
  assert (pushed : dot d (sub x z) (sub p q) <= row_sum n J i * (D * D)) by nra.
  assert (turn : dot d (sub x z) (image d (A i) x) - dot d (sub x z) (image d (A i) z) = 0).
  { rewrite !dot_sub_l, !(skew_orthogonal (A i) (A_skew i small)).
    rewrite (skew_moves_over (A i) (A_skew i small) x z), (dot_comm _ z). ring. }
  assert (speed :
    dot d (sub x z) (sub (turning_velocity d (A i) p x) (turning_velocity d (A i) q z))
    = dot d (sub x z) (sub p q) - (dot d x p + dot d z q) * (D * D / 2)).
  { unfold turning_velocity.
    rewrite !(dot_sub_r _ _ (sub x z)), !dot_add_r, !dot_scale_r, (dot_comm p), (dot_comm q).
    assert (ends : dot d (sub x z) x = D * D / 2 /\ dot d (sub x z) z = - (D * D / 2)).
    { split; rewrite dot_sub_l, ?(dot_comm z x), chord.
      - rewrite on_x. ring.
      - rewrite on_z. ring. }
    destruct ends as [-> ->]. lra. }
  rewrite speed. assert (0 < D * D) by now apply Rmult_lt_0_compat.
  assert ((2 * (row_sum n J i + r)) * (D * D) < (dot d x p + dot d z q) * (D * D))
    by (apply Rmult_lt_compat_r; lra).
  lra.
Qed.

(** T6, approach: two motions of one network along which every oscillator feels more than s_i + r
    along itself approach each other, ‖x_i(t) − z_i(t)‖ ≤ D e^(−rt) for all i if all are within D
    at first. *)
Theorem motions_approach (T r D : R) (X Z : R -> state) :
  network_moves n d A J h calm X T -> network_moves n d A J h calm Z T ->
  (forall t, 0 <= t <= T -> forall i, (i < n)%nat ->
     unit_vector d (X t i) /\ row_sum n J i + r < dot d (X t i) (felt n J h (X t) i)) ->
  (forall t, 0 <= t <= T -> forall i, (i < n)%nat ->
     unit_vector d (Z t i) /\ row_sum n J i + r < dot d (Z t i) (felt n J h (Z t) i)) ->
  0 <= D -> (forall i, (i < n)%nat -> norm d (sub (X 0 i) (Z 0 i)) <= D) ->
  forall t, 0 <= t <= T -> forall i, (i < n)%nat ->
  norm d (sub (X t i) (Z t i)) <= D * exp (- (r * t)).
Proof.
  intros x_moves z_moves x_felt z_felt D_sign start t time i small.
  apply norm_le; [apply Rmult_le_pos; [exact D_sign | apply Rlt_le, exp_pos]|].
  replace (D * exp (- (r * t)) * (D * exp (- (r * t))))
    with (D * D * exp (- (2 * r) * t)) by
    (replace (- (2 * r) * t) with (- (r * t) + - (r * t)) by ring; rewrite exp_plus; ring).
  pose (v := fun i t => turning_velocity d (A i) (add (felt n J h (X t) i) origin) (X t i)).
  pose (u := fun i t => turning_velocity d (A i) (add (felt n J h (Z t) i) origin) (Z t i)).
  assert (apart : forall m, D * D < m ->
            dot d (sub (X t i) (Z t i)) (sub (X t i) (Z t i)) < m * exp (- (2 * r) * t)).
  { intros m larger. apply Rminus_gt_0_lt, Rlt_gt.
    apply (stay_positive n T
      (fun i t => m * exp (- (2 * r) * t) - dot d (sub (X t i) (Z t i)) (sub (X t i) (Z t i)))
      (fun i t => - (2 * r) * (m * exp (- (2 * r) * t))
                  - 2 * dot d (sub (X t i) (Z t i)) (sub (v i t) (u i t)))); try assumption.
    - intros k less s inside.
      assert (decay : is_derive (fun s => m * exp (- (2 * r) * s)) s
                        (- (2 * r) * (m * exp (- (2 * r) * s)))) by (auto_derive; [easy | ring]).
      apply (is_derive_minus (V := R_NormedModule)); [exact decay|].
      apply (is_derive_norm2 d (fun s => sub (X s k) (Z s k)) (sub (v k s) (u k s))).
      intros c few. apply (is_derive_minus (V := R_NormedModule)).
      + apply (x_moves k less s inside c few).
      + apply (z_moves k less s inside c few).
    - intros k less. rewrite Rmult_0_r, exp_0. specialize (start k less).
      pose proof (norm_nonneg (d := d) (sub (X 0 k) (Z 0 k))).
      rewrite <- norm_square. nra.
    - intros s inside within k less edge.
      set (top := m * exp (- (2 * r) * s)) in *.
      assert (top_sign : 0 < top) by (apply Rmult_lt_0_compat; [nra | apply exp_pos]).
      assert (root : sqrt top * sqrt top = top) by (apply sqrt_sqrt; lra).
      assert (all : forall j, (j < n)%nat -> norm d (sub (X s j) (Z s j)) <= sqrt top).
      { intros j few. apply norm_le; [apply sqrt_pos|]. specialize (within j few). lra. }
      destruct (x_felt s inside k less) as [on_x x_along].
      destruct (z_felt s inside k less) as [on_z z_along].
      assert (calm_dot : forall y p, dot d y (add p origin) = dot d y p).
      { intros y p. apply dot_ext; intros c _; unfold add, origin; ring. }
      pose proof (approach_speed k (X s k) (Z s k) (add (felt n J h (X s) k) origin)
        (add (felt n J h (Z s) k) origin) r (sqrt top) less on_x on_z) as inward.
      rewrite !calm_dot, root in inward. fold (v k s) (u k s) in inward.
      enough (2 * dot d (sub (X s k) (Z s k)) (sub (v k s) (u k s)) < - (2 * r) * top) by lra.
      apply inward; try assumption.
      + rewrite (norm_ext _ (fun c => total n (fun j => J k j * sub (X s j) (Z s j) c))).
        * now apply (weighted_sum_bound n (J k) (fun j => sub (X s j) (Z s j))).
        * intros c _. unfold felt, heard, sub, add, origin.
          rewrite (total_ext n (fun j => J k j * (X s j c - Z s j c))
            (fun j => J k j * X s j c - J k j * Z s j c)) by (intros; ring).
          rewrite total_minus. ring.
      + unfold norm. f_equal. lra.
      + now apply sqrt_lt_R0. }
  pose proof (exp_pos (- (2 * r) * t)) as e_sign. set (e := exp (- (2 * r) * t)) in *.
  apply le_epsilon. intros eps sign.
  specialize (apart (D * D + eps / e)). apply Rlt_le. eapply Rlt_le_trans; [apply apart|].
  - assert (0 < eps / e) by now apply Rdiv_lt_0_compat. lra.
  - right. field. lra.
Qed.

End Approach.

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

(** T6, the cap's resting point attracts: in a cap that pulls inwards and in which every
    oscillator feels more than s_i + r along itself, every motion that starts inside approaches a
    resting point inside as e^(−rt). *)
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
  - intros i small t _ c few. cbv beta. evar_last.
    + apply (is_derive_const (V := R_NormedModule)).
    + symmetry. etransitivity; [|exact (proj2 (rests i small) c few)].
      apply turning_velocity_ext; [|exact few]. intros k _. unfold add, calm, origin. ring.
  - intros t inside i small. split; [now apply on_spheres|].
    eapply Rlt_le_trans; [now apply holds|]. apply felt_in_cap; auto.
  - intros t _ i small. split; [now apply rests|].
    eapply Rlt_le_trans; [now apply holds|]. apply felt_in_cap; auto.
    intros k less. now apply rests.
Qed.
End Cap.
