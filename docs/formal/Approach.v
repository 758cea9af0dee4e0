(** * T6b: motions approach each other

    Two motions of one network whose oscillators feel more than s_i + r along themselves approach
    each other as e^(-r t), in the largest distance. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Lift Contraction Comparison Cap.
Open Scope R_scope.

(** No disturbance: a device with its own parameters. *)
Definition calm : R -> state := fun _ _ => origin.

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

(** T6b, approach: two motions of one network along which every oscillator feels more than s_i + r
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
