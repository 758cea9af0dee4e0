(** * T3 and T4: drives that are not zero

    A drive is a weighted sum of anchors, h = sum_j w_j r_j with w_j >= 0 over t anchors. T4 keeps
    it away from zero whatever the weights; T3 keeps it so on every device whose weights are off
    by at most a share e, and bounds the angle by which the resting point h/|h| turns. *)

From Coq Require Import Reals Lra Lia.
From Lohe Require Import Vectors.
Open Scope R_scope.

(** The drive sum_j w_j r_j of t anchors. *)
Definition drive (t : nat) (w : nat -> R) (r : nat -> vec) : vec :=
  fun c => total t (fun j => w j * r j c).

Section Drives.
Context {d t : nat} (w : nat -> R) (r : nat -> vec).
Hypothesis weights : forall j, (j < t)%nat -> 0 <= w j.

Lemma dot_drive (v : nat -> R) (y : vec) :
  dot d y (drive t v r) = total t (fun j => v j * dot d y (r j)).
Proof.
  unfold dot, drive.
  transitivity (total d (fun c => total t (fun j => v j * (y c * r j c)))).
  - apply total_ext; intros c _. rewrite <- total_scale. apply total_ext; intros; ring.
  - rewrite total_swap. apply total_ext; intros j _. apply total_scale.
Qed.

(** T4, the margin: if a unit vector y has ⟨y, r_j⟩ ≥ m for every anchor, then ‖h‖ ≥ m Σ w_j,
    whatever the weights w_j ≥ 0. *)
Theorem margin_keeps_drive (y : vec) (m : R) :
  unit_vector d y -> (forall j, (j < t)%nat -> m <= dot d y (r j)) ->
  m * total t w <= norm d (drive t w r).
Proof.
  intros on_sphere margin. apply Rle_trans with (dot d y (drive t w r)).
  - rewrite dot_drive, <- total_scale. apply total_le. intros j small.
    rewrite (Rmult_comm m). now apply Rmult_le_compat_l; [apply weights | apply margin].
  - eapply Rle_trans; [apply dot_le_norms|]. rewrite (norm_unit y) by exact on_sphere. lra.
Qed.

(** T4, the refutation: if some weights make the drive zero, no vector y has ⟨y, r_j⟩ > 0 for
    every anchor with a positive weight. *)
Theorem zero_drive_excludes_margin (y : vec) :
  same d (drive t w r) origin -> (exists j, (j < t)%nat /\ 0 < w j) ->
  ~ (forall j, (j < t)%nat -> 0 < w j -> 0 < dot d y (r j)).
Proof.
  intros none [j [small some]] margin.
  assert (terms : forall k, (k < t)%nat -> 0 <= w k * dot d y (r k)).
  { intros k less. destruct (weights k less) as [positive|zero]; [|rewrite <- zero; lra].
    specialize (margin k less positive). nra. }
  pose proof (total_term t (fun k => w k * dot d y (r k)) j terms small) as below.
  cbv beta in below. rewrite <- dot_drive in below.
  rewrite (dot_ext y y _ _ (fun _ _ => eq_refl) none), (dot_comm y origin), dot_zero_l in below.
  specialize (margin j small some). nra.
Qed.

Section Mismatch.
Variables (e : R) (device : nat -> R).
Hypothesis anchors : forall j, (j < t)%nat -> unit_vector d (r j).
Hypothesis mismatch : forall j, (j < t)%nat -> Rabs (device j - w j) <= e * w j.

(** T3, the drive moves little: for unit anchors, weights off by at most a share ε of each move
    the drive by at most ε Σ w_j. *)
Theorem mismatch_moves_drive :
  norm d (sub (drive t device r) (drive t w r)) <= e * total t w.
Proof.
  rewrite (norm_ext _ (fun c => total t (fun j => (device j - w j) * r j c))).
  2:{ intros c _. unfold sub, drive. rewrite <- total_minus.
      apply total_ext; intros; ring. }
  eapply Rle_trans.
  - apply (weighted_sum_bound t (fun j => device j - w j) r 1). intros k less.
    rewrite norm_unit by now apply anchors. lra.
  - rewrite Rmult_1_r, <- total_scale. now apply total_le.
Qed.

(** T3, the resting point survives: if ε Σ w_j < ‖h‖ (that is, ε is below the coherence
    ρ = ‖h‖/Σ w_j), the drive of every such device is not zero, and the sine of the angle
    between the resting points is at most ε/ρ: 1 − cos² ≤ (ε Σ w_j/‖h‖)². *)
Theorem coherence_survives :
  e * total t w < norm d (drive t w r) ->
  0 < norm d (drive t device r) /\
  1 - Rsqr (dot d (direction d (drive t device r)) (direction d (drive t w r)))
    <= Rsqr (e * total t w / norm d (drive t w r)).
Proof.
  intros coherent. pose proof mismatch_moves_drive as moved.
  set (h := drive t w r) in *. set (g := drive t device r) in *.
  pose proof (norm_nonneg (d := d) (sub g h)) as moved_sign.
  assert (some : 0 < norm d g).
  { assert (norm d h <= norm d g + norm d (sub g h)); [|lra].
    rewrite (norm_ext h (add g (scale (-1) (sub g h)))).
    - eapply Rle_trans; [apply norm_triangle|]. rewrite norm_scale, Rabs_minus_one. lra.
    - intros c _. unfold add, scale, sub. ring. }
  split; [exact some|]. set (a := norm d h) in *. assert (a_sign : 0 < a) by lra.
  pose proof (direction_unit g some) as unit. set (x := direction d g) in *.
  (* The part of h across x is no longer than h - g, as g lies along x. *)
  assert (across : a * a - dot d x h * dot d x h <= norm d (sub g h) * norm d (sub g h)).
  { rewrite norm_square, dot_difference. unfold a. rewrite norm_square.
    rewrite (dot_comm g h), (direction_dot g h) by exact some. fold x.
    rewrite <- (norm_square g), (dot_comm h x).
    pose proof (Rle_0_sqr (norm d g - dot d x h)) as square. unfold Rsqr in square. lra. }
  unfold direction at 1. fold a. rewrite dot_scale_r. unfold Rsqr.
  apply (Rmult_le_reg_r (a * a)); [nra|].
  replace (e * total t w / a * (e * total t w / a) * (a * a))
    with (e * total t w * (e * total t w)) by (field; lra).
  replace ((1 - / a * dot d x h * (/ a * dot d x h)) * (a * a))
    with (a * a - dot d x h * dot d x h) by (field; lra).
  eapply Rle_trans; [exact across|]. now apply Rmult_le_compat.
Qed.
End Mismatch.
End Drives.
