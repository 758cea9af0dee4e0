(** * Curves

    Derivatives of inner products along a curve, and the one analytic tool of this development:
    a function that starts at zero and whose derivative is a bounded multiple of itself stays
    zero (a case of Gronwall's inequality). *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors.
Open Scope R_scope.

(** The curve [x] moves with velocity [v] at every time in [[0, T]]. *)
Definition moves (d : nat) (T : R) (x v : R -> vec) : Prop :=
  forall s, 0 <= s <= T -> forall i, (i < d)%nat -> is_derive (fun u => x u i) s (v s i).

Lemma is_derive_total n (f : R -> nat -> R) (slopes : nat -> R) s :
  (forall i, (i < n)%nat -> is_derive (fun u => f u i) s (slopes i)) ->
  is_derive (fun u => total n (f u)) s (total n slopes).
Proof.
  induction n as [|n IH]; intros each; simpl.
  - apply (is_derive_const (V := R_NormedModule)).
  - apply (is_derive_plus (V := R_NormedModule)); [apply IH; intros i small|]; apply each; lia.
Qed.

Lemma is_derive_dot d (x y : R -> vec) (v w : vec) s :
  (forall i, (i < d)%nat -> is_derive (fun u => x u i) s (v i)) ->
  (forall i, (i < d)%nat -> is_derive (fun u => y u i) s (w i)) ->
  is_derive (fun u => dot d (x u) (y u)) s (dot d v (y s) + dot d (x s) w).
Proof.
  intros dx dy. unfold dot. rewrite <- total_plus.
  apply is_derive_total. intros i small.
  evar_last. { apply (is_derive_mult (K := R_AbsRing));
    [now apply dx | now apply dy | exact Rmult_comm]. }
  reflexivity.
Qed.

(** Against a fixed vector. *)
Lemma is_derive_dot_fixed d (x : R -> vec) (v y : vec) s :
  (forall i, (i < d)%nat -> is_derive (fun u => x u i) s (v i)) ->
  is_derive (fun u => dot d (x u) y) s (dot d v y).
Proof.
  intros dx. evar_last.
  - apply (is_derive_dot d x (fun _ => y) v origin); [easy|].
    intros i _. apply (is_derive_const (V := R_NormedModule)).
  - rewrite (dot_comm (x s)), dot_zero_l. ring.
Qed.

Lemma is_derive_norm2 d (x : R -> vec) (v : vec) s :
  (forall i, (i < d)%nat -> is_derive (fun u => x u i) s (v i)) ->
  is_derive (fun u => dot d (x u) (x u)) s (2 * dot d (x s) v).
Proof.
  intros dx. evar_last; [now apply is_derive_dot with (v := v) (w := v)|].
  rewrite (dot_comm v). ring.
Qed.

(** If [f(0) = 0] and [f' = a f] with [|a| <= K] on [[0, T]], then [f = 0] there:
    [f^2 e^(-2Kt)] never grows. *)
Theorem stays_zero (f a : R -> R) (K T : R) :
  f 0 = 0 ->
  (forall s, 0 <= s <= T -> is_derive f s (a s * f s)) ->
  (forall s, 0 <= s <= T -> Rabs (a s) <= K) ->
  forall t, 0 <= t <= T -> f t = 0.
Proof.
  intros start slope bound t time.
  pose (g := fun s => f s * f s * exp (- (2 * K) * s)).
  assert (dg : forall s, 0 <= s <= T ->
            is_derive g s (2 * (a s - K) * (f s * f s * exp (- (2 * K) * s)))).
  { intros s inside. unfold g. pose proof (slope s inside) as df.
    auto_derive; [repeat split; now exists (a s * f s)|].
    change (fun x : R => f x) with f. rewrite (is_derive_unique _ _ _ df). ring. }
  destruct (MVT_gen g 0 t (fun s => 2 * (a s - K) * (f s * f s * exp (- (2 * K) * s))))
    as [s [inside mean]].
  - intros s. rewrite Rmin_left, Rmax_right by lra. intros inside. apply dg. lra.
  - intros s. rewrite Rmin_left, Rmax_right by lra. intros inside.
    apply continuity_pt_filterlim, (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)).
    eexists. apply dg. lra.
  - rewrite Rmin_left, Rmax_right in inside by lra.
    assert (g 0 = 0) as zero_start by (unfold g; rewrite start; ring).
    assert (a s <= K) by (specialize (bound s ltac:(lra)); apply Rabs_le_between in bound; lra).
    assert (0 <= (K - a s) * (f s * f s * exp (- (2 * K) * s))) as falls.
    { apply Rmult_le_pos; [lra|].
      apply Rmult_le_pos; [apply Rle_0_sqr | apply Rlt_le, exp_pos]. }
    apply (Rmult_le_compat_r t) in falls; [|lra].
    assert (g t <= 0) as final by (cbv beta in mean; lra).
    unfold g in final. pose proof (exp_pos (- (2 * K) * t)).
    pose proof (Rle_0_sqr (f t)) as sign. unfold Rsqr in sign.
    apply Rsqr_0_uniq. unfold Rsqr. nra.
Qed.

(** A curve that starts on the unit sphere stays on it, if its velocity has radial part
    [<x, v> = b (1 - <x, x>)] with a continuous [b]. *)
Theorem stays_on_sphere d T (x v : R -> vec) (b : R -> R) :
  moves d T x v ->
  (forall s, 0 <= s <= T -> continuity_pt b s) ->
  (forall s, 0 <= s <= T -> dot d (x s) (v s) = b s * (1 - dot d (x s) (x s))) ->
  unit_vector d (x 0) ->
  forall t, 0 <= t <= T -> unit_vector d (x t).
Proof.
  intros motion smooth radial start t time. unfold unit_vector in *.
  assert (T_sign : 0 <= T) by lra.
  destruct (continuity_ab_maj (fun s => Rabs (b s)) 0 T T_sign) as [top [most _]].
  { intros s inside. apply (continuity_pt_comp b Rabs); [now apply smooth|].
    apply Rcontinuity_abs. }
  apply Rminus_diag_uniq.
  apply (stays_zero (fun s => dot d (x s) (x s) - 1) (fun s => - (2 * b s))
           (2 * Rabs (b top)) T); [lra | | | exact time].
  - intros s inside. evar_last.
    + apply (is_derive_minus (V := R_NormedModule)).
      * apply is_derive_norm2, motion, inside.
      * apply (is_derive_const (V := R_NormedModule)).
    + unfold minus, plus, opp, zero; simpl. rewrite radial by easy. ring.
  - intros s inside. rewrite Rabs_Ropp, Rabs_mult, (Rabs_right 2) by lra.
    specialize (most s inside). simpl in most. lra.
Qed.
