(** * Vectors of any dimension

    A vector of dimension [d] is a function whose coordinates [0 .. d-1] count; two vectors are
    the same, [x == y], when those coordinates agree. Sums, inner products and Euclidean norms
    are over them. Everything here is textbook. *)

From Coq Require Import Reals Lra Lia.
Open Scope R_scope.

(** The sum [f 0 + ... + f (n-1)]. *)
Fixpoint total (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S m => total m f + f m
  end.

Lemma total_ext n f g :
  (forall i, (i < n)%nat -> f i = g i) -> total n f = total n g.
Proof.
  induction n as [|n IH]; intros same; simpl; [reflexivity|].
  rewrite IH by (intros i small; apply same; lia).
  now rewrite same by lia.
Qed.

Lemma total_plus n f g : total n (fun i => f i + g i) = total n f + total n g.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma total_scale n a f : total n (fun i => a * f i) = a * total n f.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma total_minus n f g : total n (fun i => f i - g i) = total n f - total n g.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma total_zero n : total n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma total_le n f g :
  (forall i, (i < n)%nat -> f i <= g i) -> total n f <= total n g.
Proof.
  induction n as [|n IH]; intros below; simpl; [lra|].
  apply Rplus_le_compat; [apply IH; intros i small | ]; apply below; lia.
Qed.

Lemma total_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= total n f.
Proof. intros sign. rewrite <- (total_zero n). now apply total_le. Qed.

(** One term of a sum of non-negative terms is at most the sum. *)
Lemma total_term n f i :
  (forall j, (j < n)%nat -> 0 <= f j) -> (i < n)%nat -> f i <= total n f.
Proof.
  induction n as [|n IH]; intros sign small; simpl; [lia|].
  assert (rest : 0 <= total n f) by (apply total_nonneg; intros j less; apply sign; lia).
  destruct (PeanoNat.Nat.eq_dec i n) as [->|other]; [lra|].
  assert (f i <= total n f) by (apply IH; [intros j less; apply sign|]; lia).
  specialize (sign n ltac:(lia)). lra.
Qed.

(** Double sums may be taken in either order. *)
Lemma total_swap n m (f : nat -> nat -> R) :
  total n (fun i => total m (fun j => f i j)) = total m (fun j => total n (fun i => f i j)).
Proof.
  induction n as [|n IH]; simpl; [now rewrite total_zero|].
  rewrite IH, <- total_plus. reflexivity.
Qed.

Definition vec := nat -> R.

Definition origin : vec := fun _ => 0.
Definition add (x y : vec) : vec := fun i => x i + y i.
Definition sub (x y : vec) : vec := fun i => x i - y i.
Definition scale (a : R) (x : vec) : vec := fun i => a * x i.

(** The same coordinates. *)
Definition same (d : nat) (x y : vec) : Prop := forall i, (i < d)%nat -> x i = y i.

(** Inner product, Euclidean norm, and the unit sphere of R^d. *)
Definition dot (d : nat) (x y : vec) : R := total d (fun i => x i * y i).
Definition norm (d : nat) (x : vec) : R := sqrt (dot d x x).
Definition unit_vector (d : nat) (x : vec) : Prop := dot d x x = 1.

(** The direction of a vector, [h / |h|]. *)
Definition direction (d : nat) (h : vec) : vec := scale (/ norm d h) h.

Lemma Rabs_minus_one : Rabs (-1) = 1.
Proof. rewrite Rabs_left; lra. Qed.

Section Dimension.
Context {d : nat}.
Implicit Types (x y z h : vec) (a b : R).

Lemma dot_ext x x' y y' : same d x x' -> same d y y' -> dot d x y = dot d x' y'.
Proof. intros ex ey. apply total_ext; intros i small. now rewrite ex, ey. Qed.

Lemma dot_comm x y : dot d x y = dot d y x.
Proof. apply total_ext; intros; ring. Qed.

Lemma dot_add_l x y z : dot d (add x y) z = dot d x z + dot d y z.
Proof.
  unfold dot, add. rewrite <- total_plus. apply total_ext; intros; ring.
Qed.

Lemma dot_scale_l a x y : dot d (scale a x) y = a * dot d x y.
Proof.
  unfold dot, scale. rewrite <- total_scale. apply total_ext; intros; ring.
Qed.

Lemma dot_sub_l x y z : dot d (sub x y) z = dot d x z - dot d y z.
Proof.
  replace (dot d x z - dot d y z) with (dot d x z + (-1) * dot d y z) by ring.
  rewrite <- dot_scale_l, <- dot_add_l. apply dot_ext; intros i small; [|reflexivity].
  unfold sub, add, scale; ring.
Qed.

Lemma dot_add_r x y z : dot d z (add x y) = dot d z x + dot d z y.
Proof. rewrite dot_comm, dot_add_l, (dot_comm x), (dot_comm y). reflexivity. Qed.

Lemma dot_sub_r x y z : dot d z (sub x y) = dot d z x - dot d z y.
Proof. rewrite dot_comm, dot_sub_l, (dot_comm x), (dot_comm y). reflexivity. Qed.

Lemma dot_scale_r a x y : dot d x (scale a y) = a * dot d x y.
Proof. rewrite dot_comm, dot_scale_l, dot_comm. reflexivity. Qed.

Lemma dot_zero_l y : dot d origin y = 0.
Proof.
  rewrite <- (total_zero d) at 1. apply total_ext; intros; unfold origin; ring.
Qed.

Lemma dot_nonneg x : 0 <= dot d x x.
Proof. apply total_nonneg; intros. apply Rle_0_sqr. Qed.

Lemma dot_self_zero x : dot d x x = 0 -> same d x origin.
Proof.
  intros none i small. apply Rsqr_0_uniq, Rle_antisym; [|apply Rle_0_sqr].
  rewrite <- none. apply (total_term d (fun j => x j * x j)); [|easy].
  intros; apply Rle_0_sqr.
Qed.

(** The square of a distance, written out. *)
Lemma dot_difference x y :
  dot d (sub x y) (sub x y) = dot d x x - 2 * dot d x y + dot d y y.
Proof. rewrite dot_sub_l, !dot_sub_r, (dot_comm y x). ring. Qed.

(** Two vectors at distance zero are the same. *)
Lemma same_by_distance x y : dot d (sub x y) (sub x y) = 0 -> same d x y.
Proof.
  intros none i small. pose proof (dot_self_zero _ none i small) as e.
  unfold sub, origin in e. lra.
Qed.

Lemma cauchy_schwarz x y : dot d x y * dot d x y <= dot d x x * dot d y y.
Proof.
  pose proof (dot_nonneg y) as sign.
  destruct (Req_dec (dot d y y) 0) as [none|some].
  - assert (dot d x y = 0) as ->; [|rewrite none; lra].
    rewrite dot_comm, <- (dot_zero_l x). apply dot_ext; [|easy].
    now apply dot_self_zero.
  - pose proof (dot_nonneg (sub (scale (dot d y y) x) (scale (dot d x y) y))) as square.
    rewrite dot_difference, !dot_scale_l, !dot_scale_r in square.
    apply Rmult_le_reg_l with (dot d y y); [lra|].
    nra.
Qed.

Lemma norm_nonneg x : 0 <= norm d x.
Proof. apply sqrt_pos. Qed.

Lemma norm_square x : norm d x * norm d x = dot d x x.
Proof. apply sqrt_sqrt, dot_nonneg. Qed.

Lemma norm_ext x y : same d x y -> norm d x = norm d y.
Proof. intros e. unfold norm. now rewrite (dot_ext x y x y). Qed.

Lemma norm_unit x : unit_vector d x -> norm d x = 1.
Proof. unfold norm, unit_vector. intros ->. apply sqrt_1. Qed.

(** A norm is at most a number when its square is. *)
Lemma norm_le x b : 0 <= b -> dot d x x <= b * b -> norm d x <= b.
Proof.
  intros sign below. unfold norm. rewrite <- (sqrt_square b) by easy.
  now apply sqrt_le_1_alt.
Qed.

Lemma dot_le_norms x y : dot d x y <= norm d x * norm d y.
Proof.
  apply Rsqr_incr_0_var.
  - unfold Rsqr. replace (norm d x * norm d y * (norm d x * norm d y))
      with ((norm d x * norm d x) * (norm d y * norm d y)) by ring.
    rewrite !norm_square. apply cauchy_schwarz.
  - apply Rmult_le_pos; apply norm_nonneg.
Qed.

Lemma dot_ge_norms x y : - (norm d x * norm d y) <= dot d x y.
Proof.
  pose proof (dot_le_norms (scale (-1) x) y) as below. rewrite dot_scale_l in below.
  replace (norm d (scale (-1) x)) with (norm d x) in below; [lra|].
  unfold norm. f_equal. rewrite dot_scale_l, dot_scale_r. ring.
Qed.

Lemma norm_triangle x y : norm d (add x y) <= norm d x + norm d y.
Proof.
  pose proof (norm_nonneg x). pose proof (norm_nonneg y).
  apply norm_le; [lra|].
  rewrite dot_add_l, !dot_add_r, (dot_comm y x), <- !norm_square.
  pose proof (dot_le_norms x y). nra.
Qed.

Lemma norm_scale a x : norm d (scale a x) = Rabs a * norm d x.
Proof.
  unfold norm. rewrite dot_scale_l, dot_scale_r, <- Rmult_assoc, sqrt_mult_alt.
  - now rewrite <- sqrt_Rsqr_abs.
  - apply Rle_0_sqr.
Qed.

(** The norm of a weighted sum of vectors is at most the sum of |weights| times any bound. *)
Lemma weighted_sum_bound m (w : nat -> R) (V : nat -> vec) (b : R) :
  (forall k, (k < m)%nat -> norm d (V k) <= b) ->
  norm d (fun c => total m (fun k => w k * V k c)) <= total m (fun k => Rabs (w k)) * b.
Proof.
  induction m as [|m IH]; intros below; simpl.
  - rewrite Rmult_0_l. apply norm_le; [lra|]. change (fun _ => 0) with origin.
    rewrite dot_zero_l. lra.
  - change (norm d (add (fun c => total m (fun k => w k * V k c)) (scale (w m) (V m)))
            <= (total m (fun k => Rabs (w k)) + Rabs (w m)) * b).
    eapply Rle_trans; [apply norm_triangle|]. rewrite norm_scale, Rmult_plus_distr_r.
    apply Rplus_le_compat; [apply IH; intros k small; apply below; lia|].
    apply Rmult_le_compat_l; [apply Rabs_pos | apply below; lia].
Qed.

(** Directions are unit vectors; the inner product with the own direction is the norm. *)
Lemma direction_unit h : 0 < norm d h -> unit_vector d (direction d h).
Proof.
  intros some. unfold unit_vector, direction.
  rewrite dot_scale_l, dot_scale_r, <- norm_square. field. lra.
Qed.

Lemma direction_dot h x : 0 < norm d h -> dot d x h = norm d h * dot d x (direction d h).
Proof. intros some. unfold direction. rewrite dot_scale_r. field. lra. Qed.

End Dimension.
