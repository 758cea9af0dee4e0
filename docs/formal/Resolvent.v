(** * T5: the resolvent of a skew matrix

    For every l > 0 and every h the equation l x - A x = h, A skew, has exactly one solution, the
    point (l - A)^(-1) h. It is at most |h|/l long and depends continuously on l. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Lift Crosstalk.
Open Scope R_scope.

Lemma image_sub d (A : matrix) (x y : vec) :
  same d (image d A (sub x y)) (sub (image d A x) (image d A y)).
Proof.
  intros i _. unfold image, sub. rewrite <- total_minus. apply total_ext; intros; ring.
Qed.

Lemma image_add d (A : matrix) (x y : vec) :
  same d (image d A (add x y)) (add (image d A x) (image d A y)).
Proof.
  intros i _. unfold image, add. rewrite <- total_plus. apply total_ext; intros; ring.
Qed.

Lemma image_ext d (A : matrix) (x y : vec) : same d x y -> same d (image d A x) (image d A y).
Proof. intros e i _. apply total_ext; intros j less. now rewrite e. Qed.

(** The sum of the squares of all entries. *)
Definition frobenius2 (d : nat) (A : matrix) : R := total d (fun i => dot d (A i) (A i)).

Lemma image_bound d (A : matrix) (x : vec) :
  dot d (image d A x) (image d A x) <= frobenius2 d A * dot d x x.
Proof.
  unfold frobenius2. rewrite Rmult_comm, <- total_scale. apply total_le. intros i _.
  rewrite (Rmult_comm (dot d x x)). apply (cauchy_schwarz (A i) x).
Qed.

Section Resolvent.
Context {d : nat} (A : matrix).
Hypothesis A_skew : skew d A.

(** Solutions of (l - A) w = v are short. *)
Lemma solution_short (l : R) (w v : vec) :
  0 < l -> resolves d A v l w -> l * norm d w <= norm d v.
Proof.
  intros l_sign solves.
  assert (level : dot d w v = l * (norm d w * norm d w)).
  { rewrite <- (dot_ext w w _ _ (fun _ _ => eq_refl) solves).
    rewrite dot_sub_r, dot_scale_r, (skew_orthogonal A A_skew), norm_square. ring. }
  pose proof (dot_le_norms (d := d) w v) as cs. rewrite level in cs.
  destruct (norm_nonneg (d := d) w) as [some|none].
  - apply (Rmult_le_reg_l (norm d w)); [exact some | lra].
  - rewrite <- none, Rmult_0_r. apply norm_nonneg.
Qed.

(** The difference of two solutions solves the equation for the difference of the right sides,
    and of the levels. *)
Lemma solution_difference (l m : R) (h g x y : vec) :
  resolves d A h l x -> resolves d A g m y ->
  resolves d A (add (sub h g) (scale (m - l) y)) l (sub x y).
Proof.
  intros sx sy i small. pose proof (sx i small) as ex. pose proof (sy i small) as ey.
  unfold sub at 1. rewrite (image_sub d A x y i small).
  unfold sub, add, scale in *. lra.
Qed.

Section Iteration.
Variables (h : vec) (l : R).
Hypothesis l_sign : 0 < l.

Definition stride : R := l / (l * l + frobenius2 d A).

Fixpoint approximation (m : nat) : vec :=
  match m with
  | O => origin
  | S m => let x := approximation m in
           sub x (scale stride (sub (sub (scale l x) (image d A x)) h))
  end.

Definition resolvent_point : vec := fun i => real (Lim_seq (fun m => approximation m i)).

Lemma frobenius2_nonneg : 0 <= frobenius2 d A.
Proof. apply total_nonneg; intros. apply dot_nonneg. Qed.

Lemma steps_shrink m :
  norm d (sub (approximation (S m)) (approximation m))
  <= sqrt (frobenius2 d A / (l * l + frobenius2 d A)) ^ m
     * norm d (sub (approximation 1) (approximation 0)).
Proof.
  pose proof frobenius2_nonneg as a_sign. set (a := frobenius2 d A) in *.
  assert (some : 0 < l * l + a) by nra.
  set (q := a / (l * l + a)). assert (q_sign : 0 <= q) by now apply Rle_mult_inv_pos.
  induction m as [|m IH]; [simpl pow; lra|].
  set (D := sub (approximation (S m)) (approximation m)) in *.
  assert (next : same d (sub (approximation (S (S m))) (approximation (S m)))
            (add (scale (1 - stride * l) D) (scale stride (image d A D)))).
  { intros i small.
    assert (one_step : forall k, approximation (S k) i = approximation k i
              - stride * (l * approximation k i - image d A (approximation k) i - h i))
      by reflexivity.
    unfold add, scale, D. rewrite (image_sub d A _ _ i small).
    pose proof (one_step (S m)) as second. pose proof (one_step m) as first.
    set (X2 := approximation (S (S m))) in *. set (X1 := approximation (S m)) in *.
    set (X0 := approximation m) in *. unfold sub. rewrite second. lra. }
  rewrite (norm_ext _ _ next). simpl pow. rewrite Rmult_assoc.
  apply Rle_trans with (sqrt q * norm d D);
    [|apply Rmult_le_compat_l; [apply sqrt_pos | exact IH]].
  apply norm_le; [apply Rmult_le_pos; [apply sqrt_pos | apply norm_nonneg]|].
  replace (sqrt q * norm d D * (sqrt q * norm d D))
    with ((sqrt q * sqrt q) * (norm d D * norm d D)) by ring.
  rewrite sqrt_sqrt, norm_square by exact q_sign.
  rewrite dot_add_l, !dot_add_r, !dot_scale_l, !dot_scale_r, (dot_comm (image d A D) D).
  rewrite (skew_orthogonal A A_skew). pose proof (image_bound d A D) as short. fold a in short.
  replace (q * dot d D D)
    with ((1 - stride * l) * ((1 - stride * l) * dot d D D) + stride * (stride * (a * dot d D D)))
    by (unfold q, stride; fold a; field; lra).
  assert (0 <= stride * stride) by apply Rle_0_sqr. nra.
Qed.

Lemma approximation_converges i :
  (i < d)%nat -> is_lim_seq (fun m => approximation m i) (resolvent_point i).
Proof.
  intros small. pose proof frobenius2_nonneg as a_sign.
  apply (geometric_steps_converge _ (sqrt (frobenius2 d A / (l * l + frobenius2 d A)))
    (norm d (sub (approximation 1) (approximation 0)))).
  - split; [apply sqrt_pos|]. rewrite <- sqrt_1. apply sqrt_lt_1_alt.
    split; [apply Rle_mult_inv_pos; nra|].
    apply (Rmult_lt_reg_r (l * l + frobenius2 d A)); [nra|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by nra. nra.
  - intros m. eapply Rle_trans; [|apply steps_shrink].
    rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt.
    apply (total_term d (fun j => sub (approximation (S m)) (approximation m) j
                                  * sub (approximation (S m)) (approximation m) j)); [|exact small].
    intros; apply Rle_0_sqr.
Qed.

(** T5, the resolvent exists: for every λ > 0 and h there is x with (λ − A)x = h. *)
Theorem resolvent_exists : resolves d A h l resolvent_point.
Proof.
  intros i small. pose proof frobenius2_nonneg as a_sign.
  assert (stride_sign : 0 < stride) by (apply Rdiv_lt_0_compat; nra).
  assert (next : is_lim_seq (fun m => approximation (S m) i)
    (resolvent_point i - stride * (l * resolvent_point i - image d A resolvent_point i - h i))).
  { simpl. unfold sub, scale.
    apply is_lim_seq_minus'; [now apply approximation_converges|].
    apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply is_lim_seq_minus'; [|apply is_lim_seq_const].
    apply is_lim_seq_minus'.
    - apply is_lim_seq_mult'; [apply is_lim_seq_const | now apply approximation_converges].
    - unfold image. apply is_lim_seq_total. intros j less.
      apply is_lim_seq_mult'; [apply is_lim_seq_const | now apply approximation_converges]. }
  pose proof (approximation_converges i small) as tends. apply is_lim_seq_incr_1 in tends.
  apply is_lim_seq_unique in tends, next. rewrite tends in next. injection next. intros e.
  unfold sub, scale in *.
  assert (stride * (l * resolvent_point i - image d A resolvent_point i - h i) = 0) as zero by lra.
  apply Rmult_integral in zero. destruct zero; lra.
Qed.
End Iteration.

(** The length of the resolvent depends continuously on the level. *)
Lemma resolvent_length_continuous (h : vec) (m : R) :
  0 < m -> continuity_pt (fun l => norm d (resolvent_point h l)) m.
Proof.
  intros m_sign eps eps_sign. set (y := resolvent_point h m).
  pose proof (norm_nonneg (d := d) y) as y_sign.
  assert (reach : 0 < eps * m / (2 * (norm d y + 1))) by
    (apply Rdiv_lt_0_compat; [now apply Rmult_lt_0_compat | lra]).
  exists (Rmin (m / 2) (eps * m / (2 * (norm d y + 1)))).
  split; [apply Rmin_glb_lt; lra|]. intros l [_ close]. simpl in *. unfold R_dist in *.
  pose proof (Rmin_l (m / 2) (eps * m / (2 * (norm d y + 1)))) as near.
  pose proof (Rmin_r (m / 2) (eps * m / (2 * (norm d y + 1)))) as nearer.
  assert (l_low : m / 2 < l).
  { assert (Rabs (l - m) < m / 2) as b by lra. apply Rabs_lt_between in b. lra. }
  set (x := resolvent_point h l).
  assert (gap : l * norm d (sub x y) <= Rabs (l - m) * norm d y).
  { pose proof (solution_difference l m h h x y (resolvent_exists h l ltac:(lra))
      (resolvent_exists h m m_sign)) as solves.
    pose proof (solution_short l _ _ ltac:(lra) solves) as short.
    rewrite (norm_ext (add (sub h h) (scale (m - l) y)) (scale (m - l) y)), norm_scale,
      Rabs_minus_sym in short; [exact short|].
    intros i _. unfold add, sub, scale. ring. }
  assert (apart : Rabs (norm d x - norm d y) <= norm d (sub x y)).
  { assert (norm d x <= norm d (sub x y) + norm d y).
    { rewrite (norm_ext x (add (sub x y) y)); [apply norm_triangle|].
      intros i _. unfold add, sub. ring. }
    assert (norm d y <= norm d (sub x y) + norm d x).
    { rewrite (norm_ext y (add (scale (-1) (sub x y)) x)).
      - eapply Rle_trans; [apply norm_triangle|]. rewrite norm_scale, Rabs_minus_one. lra.
      - intros i _. unfold add, sub, scale. ring. }
    apply Rabs_le. lra. }
  eapply Rle_lt_trans; [exact apart|].
  apply (Rmult_lt_reg_l l); [lra|]. eapply Rle_lt_trans; [exact gap|].
  assert (Rabs (l - m) * (2 * (norm d y + 1)) < eps * m).
  { apply Rlt_le_trans with (eps * m / (2 * (norm d y + 1)) * (2 * (norm d y + 1))).
    - apply Rmult_lt_compat_r; lra.
    - right. field. lra. }
  pose proof (Rabs_pos (l - m)). nra.
Qed.
End Resolvent.

Arguments resolvent_point : clear implicits.
