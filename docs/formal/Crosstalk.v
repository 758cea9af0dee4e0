(** * T6: how many resting points a coupled network has

    Where every drive is more than twice its row of crosstalk, |h_i| > 2 s_i, the network
    x_i' = g_i - <x_i, g_i> x_i, g_i = h_i + sum_k J_ik x_k, has exactly one resting point for
    each pattern of n signs: 2^n of them. J need not be symmetric. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Settling Contraction.
Open Scope R_scope.

(** A resting point: unit vectors, each with velocity zero under what it feels. *)
Definition network_rests (n d : nat) (J : nat -> nat -> R) (h X : state) : Prop :=
  forall i, (i < n)%nat ->
  unit_vector d (X i) /\ same d (velocity d (felt n J h X i) (X i)) origin.

(** Every oscillator points along ([signs i = 1]) or against ([-1]) what it feels. *)
Definition has_signs (n d : nat) (J : nat -> nat -> R) (h : state) (signs : nat -> R)
    (X : state) : Prop :=
  forall i, (i < n)%nat -> same d (X i) (aimed n d J h signs X i).

Lemma is_lim_seq_total n (f : nat -> nat -> R) (limits : nat -> R) :
  (forall k, (k < n)%nat -> is_lim_seq (fun m => f m k) (limits k)) ->
  is_lim_seq (fun m => total n (f m)) (total n limits).
Proof.
  induction n as [|n IH]; intros each; simpl; [apply is_lim_seq_const|].
  apply is_lim_seq_plus'; [apply IH; intros k small|]; apply each; lia.
Qed.

(** A sequence whose steps shrink geometrically converges. *)
Lemma geometric_steps_converge (u : nat -> R) (L D : R) :
  0 <= L < 1 -> (forall m, Rabs (u (S m) - u m) <= L ^ m * D) ->
  is_lim_seq u (real (Lim_seq u)).
Proof.
  intros [low high] steps. apply Lim_seq_correct'.
  assert (summable : ex_series (fun m => u (S m) - u m)).
  { apply (ex_series_le (K := R_AbsRing) (V := R_CompleteNormedModule) _ (fun m => L ^ m * D));
      [exact steps|].
    apply ex_series_scal_r, ex_series_geom. now rewrite Rabs_right by lra. }
  destruct summable as [l sum]. exists (l + u O). apply is_lim_seq_incr_1.
  apply (is_lim_seq_ext (fun m => sum_n (fun j => u (S j) - u j) m + u O)).
  - induction n as [|n IH]; [rewrite sum_O; ring|].
    rewrite sum_Sn. unfold plus; simpl. lra.
  - apply is_lim_seq_plus'; [exact sum | apply is_lim_seq_const].
Qed.

Section Network.
Context {n d : nat} (J : nat -> nat -> R) (h : state).
Local Notation s := (row_sum n J).
Hypothesis strong : forall i, (i < n)%nat -> 2 * s i < norm d (h i).

Lemma strong_enough i : (i < n)%nat -> s i < norm d (h i).
Proof.
  intros small. specialize (strong i small). pose proof (row_sum_nonneg (n := n) J i). lra.
Qed.

Lemma felt_positive (X : state) i :
  in_unit_balls n d X -> (i < n)%nat -> 0 < norm d (felt n J h X i).
Proof.
  intros inside small. pose proof (felt_is_long (d := d) J h X i inside).
  pose proof (strong_enough i small). lra.
Qed.

Lemma felt_nonzero (X : state) i :
  in_unit_balls n d X -> (i < n)%nat -> ~ same d (felt n J h X i) origin.
Proof.
  intros inside small none. pose proof (felt_positive X i inside small) as some.
  rewrite (norm_ext _ _ none) in some. unfold norm in some.
  rewrite dot_zero_l, sqrt_0 in some. lra.
Qed.

Lemma rests_inside (X : state) : network_rests n d J h X -> in_unit_balls n d X.
Proof. intros rests i small. rewrite norm_unit by now apply rests. lra. Qed.

Lemma aimed_unit (signs : nat -> R) (X : state) i :
  sign_pattern n signs -> in_unit_balls n d X -> (i < n)%nat ->
  unit_vector d (aimed n d J h signs X i).
Proof.
  intros pattern inside small. unfold aimed, unit_vector. rewrite dot_scale_l, dot_scale_r.
  rewrite direction_unit by now apply felt_positive.
  destruct (pattern i small) as [-> | ->]; ring.
Qed.

(** T6, the signs of a resting point: if ‖h_i‖ > 2s_i for all i, each oscillator points along or
    against what it feels. *)
Theorem resting_point_has_signs (X : state) :
  network_rests n d J h X ->
  exists signs, sign_pattern n signs /\ has_signs n d J h signs X.
Proof.
  intros rests. pose proof (rests_inside X rests) as inside.
  exists (fun i => if Rlt_dec 0 (dot d (X i) (felt n J h X i)) then 1 else -1).
  split; intros i small; [destruct Rlt_dec; [left | right]; reflexivity|].
  destruct (rests i small) as [on_sphere rest].
  pose proof (felt_positive X i inside small) as some.
  pose proof (direction_unit _ some) as unit. unfold aimed.
  apply equilibria_are_poles in rest; [|now apply felt_nonzero | exact on_sphere].
  destruct Rlt_dec as [positive|negative]; rewrite direction_dot in * by exact some;
    destruct rest as [e|e]; intros c less.
  - rewrite e by easy. unfold scale. ring.
  - exfalso. rewrite (dot_ext _ _ _ _ e (fun _ _ => eq_refl)), dot_scale_l, unit in positive. lra.
  - exfalso. rewrite (dot_ext _ _ _ _ e (fun _ _ => eq_refl)), unit in negative. lra.
  - apply e, less.
Qed.

(** T6, the signs tell resting points apart: if ‖h_i‖ > 2s_i for all i, no resting point has two
    patterns. *)
Theorem signs_are_unique (signs others : nat -> R) (X : state) :
  network_rests n d J h X -> has_signs n d J h signs X -> has_signs n d J h others X ->
  forall i, (i < n)%nat -> signs i = others i.
Proof.
  intros rests one two i small. pose proof (rests_inside X rests) as inside.
  pose proof (felt_positive X i inside small) as some.
  assert (read : forall p, has_signs n d J h p X ->
            dot d (X i) (direction d (felt n J h X i)) = p i).
  { intros p has. rewrite (dot_ext _ _ _ _ (has i small) (fun _ _ => eq_refl)).
    unfold aimed. rewrite dot_scale_l, direction_unit by exact some. ring. }
  now rewrite <- (read signs), <- (read others).
Qed.

(** T6, uniqueness: if ‖h_i‖ > 2s_i for all i, two resting points with the same signs are the
    same. *)
Theorem one_resting_point_at_most (signs : nat -> R) (X Y : state) :
  sign_pattern n signs -> network_rests n d J h X -> network_rests n d J h Y ->
  has_signs n d J h signs X -> has_signs n d J h signs Y ->
  forall i, (i < n)%nat -> same d (X i) (Y i).
Proof.
  intros pattern x_rests y_rests x_signs y_signs i small.
  pose proof (factor_below_one (d := d) J h strong) as [low high].
  pose proof (aiming_contracts J h signs X Y strong_enough pattern
                (rests_inside X x_rests) (rests_inside Y y_rests)) as shrinks.
  assert (unmoved : distance n d X Y
            <= distance n d (aimed n d J h signs X) (aimed n d J h signs Y)).
  { apply maximum_least; [apply maximum_nonneg|]. intros k less.
    rewrite (norm_ext _ (sub (aimed n d J h signs X k) (aimed n d J h signs Y k))).
    - exact (maximum_bound n (fun j => norm d (sub (aimed n d J h signs X j)
               (aimed n d J h signs Y j))) k less).
    - intros c few. unfold sub. now rewrite (x_signs k less c few), (y_signs k less c few). }
  pose proof (maximum_nonneg n (fun j => norm d (sub (X j) (Y j)))) as sign.
  fold (distance n d X Y) in sign.
  pose proof (maximum_bound n (fun j => norm d (sub (X j) (Y j))) i small) as below.
  cbv beta in below. fold (distance n d X Y) in below.
  pose proof (norm_nonneg (d := d) (sub (X i) (Y i))).
  apply same_by_distance. rewrite <- norm_square.
  replace (norm d (sub (X i) (Y i))) with 0 by nra. ring.
Qed.

Section Existence.
Variable signs : nat -> R.
Hypothesis pattern : sign_pattern n signs.

(** Start with plus or minus the drives' directions, and keep aiming. *)
Fixpoint iterate (m : nat) : state :=
  match m with
  | O => fun i => scale (signs i) (direction d (h i))
  | S m => aimed n d J h signs (iterate m)
  end.

Lemma iterate_inside m : in_unit_balls n d (iterate m).
Proof.
  induction m as [|m IH]; intros i small.
  - simpl. rewrite norm_scale, norm_unit.
    + destruct (pattern i small) as [-> | ->]; [rewrite Rabs_R1 | rewrite Rabs_minus_one]; lra.
    + apply direction_unit. pose proof (strong_enough i small).
      pose proof (row_sum_nonneg (n := n) J i). lra.
  - rewrite norm_unit; [lra|]. now apply aimed_unit.
Qed.

Definition limit : state := fun i c => real (Lim_seq (fun m => iterate m i c)).

Lemma iterate_converges i c :
  (i < n)%nat -> (c < d)%nat -> is_lim_seq (fun m => iterate m i c) (limit i c).
Proof.
  intros small few. pose proof (factor_below_one (d := d) J h strong) as below.
  apply (geometric_steps_converge _ (factor n d J h) (distance n d (iterate 1) (iterate 0)));
    [exact below|]. intros m.
  assert (steps : distance n d (iterate (S m)) (iterate m)
            <= factor n d J h ^ m * distance n d (iterate 1) (iterate 0)).
  { induction m as [|m IH]; [simpl; lra|].
    pose proof (aiming_contracts J h signs (iterate (S m)) (iterate m) strong_enough pattern
                  (iterate_inside _) (iterate_inside _)) as shrinks.
    apply Rle_trans with (1 := shrinks). simpl pow. rewrite Rmult_assoc.
    now apply Rmult_le_compat_l. }
  eapply Rle_trans; [|exact steps].
  apply Rle_trans with (norm d (sub (iterate (S m) i) (iterate m i))).
  - rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt.
    apply (total_term d (fun j => sub (iterate (S m) i) (iterate m i) j
                                  * sub (iterate (S m) i) (iterate m i) j)); [|exact few].
    intros; apply Rle_0_sqr.
  - exact (maximum_bound n (fun j => norm d (sub (iterate (S m) j) (iterate m j))) i small).
Qed.

Lemma limit_unit i : (i < n)%nat -> unit_vector d (limit i).
Proof.
  intros small. unfold unit_vector.
  assert (tends : is_lim_seq (fun m => dot d (iterate (S m) i) (iterate (S m) i))
                    (dot d (limit i) (limit i))).
  { apply is_lim_seq_total. intros c few.
    apply is_lim_seq_mult'; apply (is_lim_seq_incr_1 (fun m => iterate m i c));
      now apply iterate_converges. }
  apply is_lim_seq_unique in tends. rewrite (Lim_seq_ext _ (fun _ => 1)) in tends.
  - rewrite Lim_seq_const in tends. now injection tends.
  - intros m. apply aimed_unit; [exact pattern | apply iterate_inside | exact small].
Qed.

Lemma limit_inside : in_unit_balls n d limit.
Proof. intros i small. rewrite norm_unit by now apply limit_unit. lra. Qed.

Lemma limit_has_signs : has_signs n d J h signs limit.
Proof.
  intros i small c few.
  pose proof (felt_positive limit i limit_inside small) as some.
  assert (felt_tends : forall e, (e < d)%nat ->
            is_lim_seq (fun m => felt n J h (iterate m) i e) (felt n J h limit i e)).
  { intros e less. unfold felt, add, heard.
    apply is_lim_seq_plus'; [apply is_lim_seq_const|]. apply is_lim_seq_total. intros k under.
    apply is_lim_seq_mult'; [apply is_lim_seq_const | now apply iterate_converges]. }
  assert (norm_tends : is_lim_seq (fun m => norm d (felt n J h (iterate m) i))
                         (norm d (felt n J h limit i))).
  { unfold norm. apply (is_lim_seq_continuous sqrt).
    - apply continuity_pt_sqrt, dot_nonneg.
    - apply is_lim_seq_total. intros e less. now apply is_lim_seq_mult'; apply felt_tends. }
  assert (aimed_tends : is_lim_seq (fun m => iterate (S m) i c)
                          (aimed n d J h signs limit i c)).
  { simpl. unfold aimed, direction, scale.
    apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply is_lim_seq_mult'; [|now apply felt_tends].
    apply is_lim_seq_inv with (l := Finite (norm d (felt n J h limit i)));
      [exact norm_tends|]. intros none. injection none. lra. }
  pose proof (iterate_converges i c small few) as tends.
  apply is_lim_seq_incr_1 in tends.
  apply is_lim_seq_unique in tends, aimed_tends. rewrite tends in aimed_tends.
  now injection aimed_tends.
Qed.

(** T6, existence: if ‖h_i‖ > 2s_i for all i, each of the 2ⁿ patterns of signs has a resting
    point. *)
Theorem one_resting_point_at_least :
  exists X, network_rests n d J h X /\ has_signs n d J h signs X.
Proof.
  exists limit. split; [|exact limit_has_signs]. intros i small.
  split; [now apply limit_unit|].
  apply equilibria_are_poles; [apply felt_nonzero; [exact limit_inside | exact small] |
    now apply limit_unit |].
  destruct (pattern i small) as [plus|minus]; [left|right];
    intros c few; rewrite (limit_has_signs i small c few); unfold aimed, scale.
  - rewrite plus. ring.
  - rewrite minus. ring.
Qed.
End Existence.
End Network.
