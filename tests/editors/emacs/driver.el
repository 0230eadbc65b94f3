;;; driver.el --- Does in Emacs what a person would do  -*- lexical-binding: t; -*-

;;; Commentary:

;; The steps in the file $LAYERWISE_STEPS, one after the other.  What is seen at each of them goes to $LAYERWISE_SEEN;
;; if something does not come that goes there, and Emacs
;; ends with 1.

;;; Code:

(require 'cl-lib)
(require 'json)

(defconst driver-patience 40)

(defun driver-wait-for (what condition)
  "Wait until CONDITION returns something, and return that; WHAT says, or is a function that says, what it is."
  (let ((end (+ (float-time) driver-patience)) found)
    (while (not (setq found (funcall condition)))
      (when (> (float-time) end)
        (error "Waited in vain for %s" (if (functionp what) (funcall what) what)))
      (accept-process-output nil 0.02))
    found))

(defun driver-go-to (line)
  "Go to the start of LINE."
  (goto-char (point-min))
  (forward-line (1- line)))

(defun driver-severity (diagnostic)
  "Return the name of the severity of DIAGNOSTIC."
  (let ((type (format "%s" (flymake-diagnostic-type diagnostic))))
    (cond ((string-match-p "error" type) "error")
          ((string-match-p "warning" type) "warning")
          (t "info"))))

(defun driver-findings (count)
  "Wait for COUNT findings, and return them."
  (driver-wait-for (lambda () (format "%s findings, not %s" count (flymake-diagnostics)))
                   (lambda () (and (eglot-current-server) (= count (length (flymake-diagnostics))))))
  (vconcat
   (mapcar (lambda (it)
             (let ((start (flymake-diagnostic-beg it)))
               `((line . ,(line-number-at-pos start))
                 (marked . ,(buffer-substring-no-properties start (flymake-diagnostic-end it)))
                 (severity . ,(driver-severity it))
                 (message . ,(flymake-diagnostic-text it)))))
           (flymake-diagnostics))))

(defun driver-eldoc-text ()
  "Return what `eldoc-doc-buffer' shows."
  (save-window-excursion
    (let ((shown (ignore-error user-error (eldoc-doc-buffer))))
      (if shown
          ;; A window in Emacs 28, a buffer in others.
          (with-current-buffer (if (windowp shown) (window-buffer shown) shown)
            (buffer-substring-no-properties (point-min) (point-max)))
        ""))))

(defun driver-hover (line)
  "Return what is shown of LINE."
  (driver-go-to line)
  (end-of-line)
  (backward-char)
  (eldoc t)
  (driver-wait-for "the hover"
                   (lambda ()
                     (let ((text (driver-eldoc-text)))
                       (and (string-match-p "[^[:space:]]" text) text)))))

(defun driver-fix (line title)
  "Choose the action TITLE at LINE, and return all that were offered."
  (driver-go-to line)
  (let ((before (buffer-string))
        ;; That of a key, or it would be a menu of the mouse.
        (last-nonmenu-event ?\r)
        offered)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt choices &rest _)
                 (setq offered (all-completions "" choices))
                 (or (cl-find-if (lambda (it) (string-prefix-p title it)) offered)
                     (error "No %s among %S" title offered)))))
      (call-interactively #'eglot-code-actions))
    (driver-wait-for "the fix" (lambda () (not (equal before (buffer-string)))))
    (vconcat offered)))

(defun driver-type (line behind text)
  "On LINE, replace what is BEHIND some text by TEXT, key by key."
  (driver-go-to line)
  (search-forward behind (line-end-position))
  (kill-line)
  (cl-loop for key across text
           do (let ((last-command-event key)) (call-interactively #'self-insert-command)))
  (buffer-string))

(defun driver-save ()
  "Save."
  (save-buffer)
  (buffer-string))

(defun driver-step (step)
  "Do STEP, and return what is seen."
  (let-alist step
    (pcase .what
      ("findings" (driver-findings .count))
      ("hover" (driver-hover .line))
      ("fix" (driver-fix .line .title))
      ("type" (driver-type .line .behind .text))
      ("save" (driver-save)))))

(defun driver-run (file)
  "Do all steps in the buffer of FILE, and end."
  (let* ((status 0)
         (seen (condition-case problem
                   (with-current-buffer (switch-to-buffer (get-file-buffer file))
                     (json-encode (vconcat (mapcar #'driver-step (driver-steps)))))
                 (error (setq status 1)
                        (error-message-string problem)))))
    (write-region seen nil (getenv "LAYERWISE_SEEN"))
    (kill-emacs status)))

(defun driver-steps ()
  "Read the steps."
  (with-temp-buffer
    (insert-file-contents (getenv "LAYERWISE_STEPS"))
    (json-parse-buffer :object-type 'alist :array-type 'list)))

;; `eglot-ensure' starts the server after the command that opened the file: a key has to be pressed for one to end.
;; Then the steps run from a timer, while Emacs waits for the next key; only while it waits does it tell the server
;; what was typed.
(global-set-key [f8] #'ignore)
(setq unread-command-events '(f8))
(run-with-idle-timer 0.1 nil #'driver-run (getenv "LAYERWISE_FILE"))

;;; driver.el ends here
