"""How an implementation is reached: the target file, HTTP control, and the process when onesocket starts it itself."""
