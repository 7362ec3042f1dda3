//! Annota on Ballista: scheduler, executor, client and jobs from one session state
