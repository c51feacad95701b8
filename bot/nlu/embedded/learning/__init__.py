"""Training the embedded interpreter: only this needs scikit-learn, so it is imported only when it is needed."""
