(** * T6: crosstalk as a contraction

    Oscillator i of n feels the drive h_i and the crosstalk of the others, together
    g_i = h_i + sum_k J_ik x_k. Setting every oscillator to plus or minus the direction of what
    it feels is a contraction in the largest Euclidean distance, with factor
    max_i s_i / (|h_i| - s_i), s_i = sum_k |J_ik|, below 1 where |h_i| > 2 s_i for all i. *)

From Coq Require Import Reals Lra Lia.
From Lohe Require Import Vectors.
Open Scope R_scope.

(** The largest of [f 0 ... f (n-1)], and of 0. *)
Fixpoint maximum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S m => Rmax (maximum m f) (f m)
  end.

(** A network's state: one vector for each oscillator. *)
Definition state := nat -> vec.

(** The largest of the Euclidean distances of the n oscillators. *)
Definition distance (n d : nat) (X Y : state) : R :=
  maximum n (fun i => norm d (sub (X i) (Y i))).

(** What oscillator i hears from the others, what it feels, and s_i. *)
Definition heard (n : nat) (J : nat -> nat -> R) (X : state) (i : nat) : vec :=
  fun c => total n (fun k => J i k * X k c).
Definition felt (n : nat) (J : nat -> nat -> R) (h X : state) (i : nat) : vec :=
  add (h i) (heard n J X i).
Definition row_sum (n : nat) (J : nat -> nat -> R) (i : nat) : R :=
  total n (fun k => Rabs (J i k)).

(** Every oscillator set to [signs i] times the direction of what it feels. *)
Definition aimed (n d : nat) (J : nat -> nat -> R) (h : state) (signs : nat -> R)
    (X : state) : state :=
  fun i => scale (signs i) (direction d (felt n J h X i)).

(** The contraction factor L = max_i s_i / (|h_i| - s_i). *)
Definition factor (n d : nat) (J : nat -> nat -> R) (h : state) : R :=
  maximum n (fun i => row_sum n J i / (norm d (h i) - row_sum n J i)).

Definition sign_pattern (n : nat) (signs : nat -> R) : Prop :=
  forall i, (i < n)%nat -> signs i = 1 \/ signs i = -1.

Definition in_unit_balls (n d : nat) (X : state) : Prop :=
  forall i, (i < n)%nat -> norm d (X i) <= 1.

Lemma maximum_nonneg n f : 0 <= maximum n f.
Proof. induction n as [|n IH]; simpl; [lra|]. eapply Rle_trans; [exact IH | apply Rmax_l]. Qed.

Lemma maximum_bound n f i : (i < n)%nat -> f i <= maximum n f.
Proof.
  induction n as [|n IH]; intros small; simpl; [lia|].
  destruct (PeanoNat.Nat.eq_dec i n) as [->|other]; [apply Rmax_r|].
  eapply Rle_trans; [apply IH; lia | apply Rmax_l].
Qed.

Lemma maximum_least n f b : 0 <= b -> (forall i, (i < n)%nat -> f i <= b) -> maximum n f <= b.
Proof.
  induction n as [|n IH]; intros sign below; simpl; [exact sign|].
  apply Rmax_lub; [apply IH; [exact sign|]; intros i small|]; apply below; lia.
Qed.

Lemma maximum_below n f b : 0 < b -> (forall i, (i < n)%nat -> f i < b) -> maximum n f < b.
Proof.
  induction n as [|n IH]; intros sign below; simpl; [exact sign|].
  apply Rmax_lub_lt; [apply IH; [exact sign|]; intros i small|]; apply below; lia.
Qed.

Lemma distance_symmetric n d X Y : distance n d X Y = distance n d Y X.
Proof.
  assert (each : forall U V, distance n d U V <= distance n d V U).
  { intros U V. apply maximum_least; [apply maximum_nonneg|]. intros i small.
    replace (norm d (sub (U i) (V i))) with (norm d (sub (V i) (U i))).
    - exact (maximum_bound n (fun j => norm d (sub (V j) (U j))) i small).
    - unfold norm. f_equal. rewrite !dot_difference, (dot_comm (V i) (U i)). ring. }
  now apply Rle_antisym.
Qed.

Lemma distance_triangle n d X Y Z :
  distance n d X Z <= distance n d X Y + distance n d Y Z.
Proof.
  apply maximum_least; [apply Rplus_le_le_0_compat; apply maximum_nonneg|].
  intros i small. eapply Rle_trans.
  - rewrite (norm_ext _ (add (sub (X i) (Y i)) (sub (Y i) (Z i)))); [apply norm_triangle|].
    intros c _. unfold add, sub. ring.
  - apply Rplus_le_compat.
    + exact (maximum_bound n (fun j => norm d (sub (X j) (Y j))) i small).
    + exact (maximum_bound n (fun j => norm d (sub (Y j) (Z j))) i small).
Qed.

(** T6, normalising is Lipschitz: ‖u/‖u‖ − v/‖v‖‖ ≤ ‖u − v‖/m where ‖u‖, ‖v‖ ≥ m > 0. *)
Theorem normalising_is_lipschitz (d : nat) (u v : vec) (m : R) :
  0 < m -> m <= norm d u -> m <= norm d v ->
  norm d (sub (direction d u) (direction d v)) <= norm d (sub u v) / m.
Proof.
  intros sign u_long v_long.
  apply norm_le; [apply Rle_mult_inv_pos; [apply norm_nonneg | exact sign]|].
  replace (norm d (sub u v) / m * (norm d (sub u v) / m))
    with (dot d (sub u v) (sub u v) / (m * m)) by (rewrite <- norm_square; field; lra).
  rewrite !dot_difference. unfold direction. rewrite !dot_scale_l, !dot_scale_r, <- !norm_square.
  set (a := norm d u) in *. set (b := norm d v) in *. set (p := dot d u v).
  replace (/ a * (/ a * (a * a)) - 2 * (/ a * (/ b * p)) + / b * (/ b * (b * b)))
    with (2 * (a * b - p) / (a * b)) by (field; lra).
  assert (0 <= a * b - p) by (pose proof (dot_le_norms (d := d) u v); unfold a, b, p; lra).
  apply (Rmult_le_reg_r ((a * b) * (m * m))); [repeat apply Rmult_lt_0_compat; lra|].
  replace (2 * (a * b - p) / (a * b) * (a * b * (m * m)))
    with (2 * (a * b - p) * (m * m)) by (field; lra).
  replace ((a * a - 2 * p + b * b) / (m * m) * (a * b * (m * m)))
    with ((a * a - 2 * p + b * b) * (a * b)) by (field; lra).
  assert (m * m <= a * b) by nra.
  pose proof (Rle_0_sqr (a - b)) as square. unfold Rsqr in square.
  apply Rmult_le_compat; try lra. apply Rmult_le_pos; lra.
Qed.

Section Network.
Context {n d : nat} (J : nat -> nat -> R) (h : state).

Local Notation s := (row_sum n J).

(** What is felt is at least |h_i| - s_i long. *)
Lemma felt_is_long (X : state) (i : nat) :
  in_unit_balls n d X -> norm d (h i) - s i <= norm d (felt n J h X i).
Proof.
  intros inside.
  assert (heard_short : norm d (heard n J X i) <= s i).
  { eapply Rle_trans; [apply weighted_sum_bound, inside | unfold row_sum; lra]. }
  assert (norm d (h i) <= norm d (felt n J h X i) + norm d (heard n J X i)).
  { rewrite (norm_ext (h i) (add (felt n J h X i) (scale (-1) (heard n J X i)))).
    - eapply Rle_trans; [apply norm_triangle|]. rewrite norm_scale, Rabs_minus_one. lra.
    - intros c _. unfold felt, add, scale. ring. }
  lra.
Qed.

Lemma row_sum_nonneg (i : nat) : 0 <= s i.
Proof. apply total_nonneg; intros; apply Rabs_pos. Qed.

(** T6, the factor: if ‖h_i‖ > 2s_i for all i, then L = max_i s_i/(‖h_i‖ − s_i) < 1. *)
Theorem factor_below_one :
  (forall i, (i < n)%nat -> 2 * s i < norm d (h i)) -> 0 <= factor n d J h < 1.
Proof.
  intros strong. split; [apply maximum_nonneg|]. apply maximum_below; [lra|].
  intros i small. specialize (strong i small). pose proof (row_sum_nonneg i).
  apply (Rmult_lt_reg_r (norm d (h i) - s i)); [lra|].
  replace (s i / (norm d (h i) - s i) * (norm d (h i) - s i)) with (s i) by (field; lra). lra.
Qed.

(** T6, the contraction: where ‖h_i‖ > s_i for all i, on states in the unit balls and for every
    pattern of signs, the map F(X)_i = ±(h + JX)_i/‖(h + JX)_i‖ shrinks the largest distance at
    least by the factor L = max_i s_i/(‖h_i‖ − s_i). *)
Theorem aiming_contracts (signs : nat -> R) (X Y : state) :
  (forall i, (i < n)%nat -> s i < norm d (h i)) -> sign_pattern n signs ->
  in_unit_balls n d X -> in_unit_balls n d Y ->
  distance n d (aimed n d J h signs X) (aimed n d J h signs Y)
    <= factor n d J h * distance n d X Y.
Proof.
  intros strong pattern x_inside y_inside. unfold distance at 1.
  apply maximum_least; [apply Rmult_le_pos; apply maximum_nonneg|].
  intros i small. unfold aimed. pose proof (strong i small) as strong_i.
  rewrite (norm_ext _ (scale (signs i)
    (sub (direction d (felt n J h X i)) (direction d (felt n J h Y i))))) by
    (intros c _; unfold sub, scale; ring).
  rewrite norm_scale.
  replace (Rabs (signs i)) with 1 by
    (destruct (pattern i small) as [-> | ->]; [now rewrite Rabs_R1 | now rewrite Rabs_minus_one]).
  rewrite Rmult_1_l. eapply Rle_trans.
  { apply normalising_is_lipschitz with (m := norm d (h i) - s i); [lra| |];
      now apply felt_is_long. }
  rewrite (norm_ext _ (fun c => total n (fun k => J i k * sub (X k) (Y k) c))).
  2:{ intros c _. unfold felt, heard, sub, add.
      rewrite (total_ext n (fun k => J i k * (X k c - Y k c))
        (fun k => J i k * X k c - J i k * Y k c)) by (intros; ring).
      rewrite total_minus. ring. }
  apply Rle_trans with (s i * distance n d X Y / (norm d (h i) - s i)).
  - apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; lra|].
    apply weighted_sum_bound. intros k less.
    exact (maximum_bound n (fun j => norm d (sub (X j) (Y j))) k less).
  - replace (s i * distance n d X Y / (norm d (h i) - s i))
      with (s i / (norm d (h i) - s i) * distance n d X Y) by (field; lra).
    apply Rmult_le_compat_r; [apply maximum_nonneg|].
    exact (maximum_bound n (fun j => s j / (norm d (h j) - s j)) i small).
Qed.

(** T6, the enclosure from a guess: if ‖h_i‖ > 2s_i for all i, a fixed point X = F(X) lies within
    L/(1 − L) · ‖F(Y) − Y‖ of F(Y), for every guess Y, both in the unit balls. *)
Theorem guess_encloses (signs : nat -> R) (X Y : state) :
  (forall i, (i < n)%nat -> 2 * s i < norm d (h i)) -> sign_pattern n signs ->
  in_unit_balls n d X -> in_unit_balls n d Y ->
  distance n d X (aimed n d J h signs X) = 0 ->
  distance n d X (aimed n d J h signs Y)
    <= factor n d J h / (1 - factor n d J h) * distance n d (aimed n d J h signs Y) Y.
Proof.
  intros strong pattern x_inside y_inside fixed.
  pose proof (factor_below_one strong) as [low high]. set (L := factor n d J h) in *.
  assert (weaker : forall i, (i < n)%nat -> s i < norm d (h i)).
  { intros i small. specialize (strong i small). pose proof (row_sum_nonneg i). lra. }
  pose proof (aiming_contracts signs X Y weaker pattern x_inside y_inside) as shrinks.
  pose proof (distance_triangle n d X (aimed n d J h signs X) (aimed n d J h signs Y)) as first.
  pose proof (distance_triangle n d X (aimed n d J h signs Y) Y) as second.
  fold L in shrinks. rewrite fixed in first.
  set (gap := distance n d X (aimed n d J h signs Y)) in *.
  set (move := distance n d (aimed n d J h signs Y) Y) in *.
  apply (Rmult_le_reg_r (1 - L)); [lra|].
  replace (L / (1 - L) * move * (1 - L)) with (L * move) by (field; lra). nra.
Qed.
End Network.
