"""TFLite files: converted, and changed where the converter leaves something to be had."""
